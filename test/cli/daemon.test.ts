import { chmodSync, chownSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { storeActions } from '../../src/control/actions.ts'
import { controlError } from '../../src/control/control-error.ts'
import { type ErrorCode, socketPath } from '../../src/control/protocol.ts'
import { type Control, startControl } from '../../src/control/server.ts'
import type { GatewayStatus } from '../../src/control/status.ts'
import { createLog, silentLog } from '../../src/log.ts'
import { acquireLock, type Lock } from '../../src/store/disk/lock.ts'
import { loadKek } from '../../src/store/meters/kek.ts'
import { openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'
import { child, here, KEY, KEY_CHECK, trial } from './cli.ts'
import { QUIET } from './quiet-status.ts'

const box = trial()
const cli = (...args: string[]) => here('--config', box.file, ...args)

interface Daemon {
  readonly store: Store
  readonly lock: Lock
  readonly control: Control
  readonly log: string[]
}
let daemon: Daemon | undefined

/** The part of a daemon that commands talk to: the store, its lock, and the control socket with this status. */
const startDaemon = async (status: Partial<GatewayStatus> = {}): Promise<Daemon> => {
  const { stateDirectory, runtimeDirectory, kekFile } = box.config()
  const lock = acquireLock(stateDirectory)
  if (!lock) throw new Error('the lock is taken')
  const log: string[] = []
  const store = openStore({ directory: stateDirectory, kek: loadKek(kekFile), clock: systemClock() })
  const control = await startControl({
    path: socketPath(runtimeDirectory),
    actions: { ...storeActions(store), status: () => ({ ...QUIET, ...status }) },
    log: createLog({ level: 'debug', to: { write: (line) => void log.push(line) } }),
  })
  daemon = { store, lock, control, log }
  return daemon
}

afterEach(async () => {
  await daemon?.control.close()
  daemon?.store.close()
  daemon?.lock.release()
  daemon = undefined
})

describe('a change while the daemon runs', () => {
  test('is made by the daemon, at once, and shown from the database', async () => {
    const { store, log } = await startDaemon()
    const changed: string[] = []
    store.meters.onChange((meter) => changed.push(meter))
    const { status, stdout } = await child(['--config', box.file, 'meters', 'add', 'KAM-07134347'], { input: KEY })
    expect({ status, stdout }).toEqual({ status: 0, stdout: `KAM-07134347 added, key check ${KEY_CHECK}\n` })
    expect(
      Buffer.from(store.meters.keyOf('KAM-07134347') ?? [])
        .toString('hex')
        .toUpperCase(),
    ).toBe(KEY)
    expect(JSON.parse((await cli('meters', 'list', '--json')).stdout)).toMatchObject([{ meter: 'KAM-07134347' }])
    await cli('meters', 'remove', 'KAM-07134347', '--yes')
    expect(changed).toEqual(['KAM-07134347', 'KAM-07134347'])
    expect(store.meters.list()).toEqual([])
    expect(log.join('')).not.toContain(KEY)
  })

  test('needs no key-encryption key of the command’s own', async () => {
    await startDaemon()
    rmSync(join(box.directory, 'kek'))
    expect(await cli('meters', 'add', 'KAM-07134347', '--no-key')).toMatchObject({ status: 0 })
  })

  test('imports a list, all of it', async () => {
    const { store } = await startDaemon()
    const file = box.write('list.csv', `meter;key\nKAM-1;${KEY}\nKAM-2;${KEY}\n`)
    expect(await cli('meters', 'import', file, '--yes')).toMatchObject({ status: 0 })
    expect(store.meters.list().map(({ meter, keyCheck }) => [meter, keyCheck])).toEqual([
      ['KAM-00000001', KEY_CHECK],
      ['KAM-00000002', KEY_CHECK],
    ])
  })
})

describe('what the daemon says no to', () => {
  const no = (code: ErrorCode) => () => {
    throw controlError(code, `it says ${code}`)
  }

  test.each<[ErrorCode, number]>([
    ['refused', 3],
    ['invalid', 2],
    ['failed', 1],
    ['unknown-action', 1],
  ])('%s ends the command with %i, and its words are shown', async (code, status) => {
    const { control, store } = await startDaemon()
    await control.close()
    const actions = { ...storeActions(store), 'meters.remove': no(code) }
    Object.assign(daemon!, { control: await startControl({ path: socketPath(box.directory), actions, log: silentLog }) })
    store.meters.put([{ meter: 'KAM-07134347' }])
    expect(await cli('meters', 'remove', 'KAM-07134347', '--yes')).toMatchObject({
      status,
      stderr: expect.stringContaining(`it says ${code}`),
    })
  })
})

describe.skipIf(process.getuid?.() !== 0)('as another user (needs root)', () => {
  const NOBODY = 65534
  const open = (): void => {
    chmodSync(box.directory, 0o755)
    chmodSync(box.file, 0o644)
    chownSync(socketPath(box.directory), 0, NOBODY)
  }

  test('a member of the group may change meters; a stranger is told how to become one', { timeout: 60_000 }, async () => {
    const { store } = await startDaemon()
    open()
    const add = (gid: number) =>
      child(['--config', box.file, 'meters', 'add', 'KAM-07134347', '--no-key'], {
        as: { uid: NOBODY, gid },
        env: { TMPDIR: dirname(box.directory) },
      })
    expect(await add(4243)).toMatchObject({ status: 4, stdout: '', stderr: expect.stringContaining('sudo usermod -aG nogroup $USER') })
    expect(store.meters.list()).toEqual([])
    expect(await add(NOBODY)).toMatchObject({ status: 0, stdout: 'KAM-07134347 added, without a key\n' })
    expect(store.meters.list()).toMatchObject([{ meter: 'KAM-07134347' }])
  })
})

describe('a daemon that answers wrong', () => {
  let server: Server | undefined
  afterEach(() => server?.close())

  test('leaves it open whether a change was made, and the command says so', async () => {
    server = createServer((socket) => socket.end()).listen(socketPath(box.directory))
    const { status, stderr } = await cli('meters', 'add', 'KAM-07134347', '--no-key')
    expect(status).toBe(4)
    expect(stderr).toContain('may or may not have been done')
  })
})

describe('status', () => {
  test('is one screen', async () => {
    await startDaemon({ gateway: 'chimney-west' })
    expect(await cli('status')).toMatchObject({ status: 0, stdout: expect.stringContaining('chimney-west, Varmesky 0.1.0, running') })
  })

  test('is JSON for scripts', async () => {
    await startDaemon({ gateway: 'chimney-west' })
    expect(JSON.parse((await cli('status', '--json')).stdout)).toEqual({ running: true, ...QUIET, gateway: 'chimney-west' })
  })

  test('without a daemon tells what the store knows, and ends with 4', async () => {
    expect(await cli('status')).toEqual({
      status: 4,
      stdout: '0 meters registered; no reading yet\n',
      stderr: 'The daemon is not running:  sudo systemctl start varmesky\n',
    })
    await cli('meters', 'add', 'KAM-07134347', '--no-key')
    const { status, stdout } = await cli('status', '--json')
    expect({ status, json: JSON.parse(stdout) }).toEqual({ status: 4, json: { running: false, meters: { registered: 1 }, lastDay: null } })
  })
})
