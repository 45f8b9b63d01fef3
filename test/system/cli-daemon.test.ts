import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { GatewayStatus } from '../../src/control/status.ts'
import { hasMosquitto, type Mosquitto, mosquittoTitle, startMosquitto } from '../support/broker-mosquitto.ts'
import { type Subscriber, subscriber } from '../support/broker-subscriber.ts'
import { join as bytes, frameA, hex, hexOf, integer, record, type Sender, shortHeader, stripped } from '../support/telegrams.ts'
import { type Loopback, loopback } from './loopback.ts'
import { canBeOthers, type Ended, type Program, seen, start, type User, varmesky } from './program.ts'

/** Keys of meters: nobody may see them, in any spelling. */
const KEYS = ['C2E387277E39C9D821F3B05E1616F87C', '5D1A9E07F4B36C82E9701BD54F38A6C3'] as const
const SPELLINGS = KEYS.flatMap((key) => [
  key,
  key.toLowerCase(),
  ...(['latin1', 'base64'] as const).map((encoding) => Buffer.from(key, 'hex').toString(encoding)),
  hex(key).join(','),
])

const [FIRST, SECOND, THIRD, NEIGHBOUR] = ['71000001', '71000002', '71000003', '79999999'].map(
  (id): Sender => ({ manufacturer: 'KAM', id, version: 0x34, type: 4 }),
)

/** A frame in hex; without a key it is not encrypted. */
const telegram = (from: Sender, energy: number, key?: string): string => {
  const options = key === undefined ? {} : { key: hex(key), accessNumber: energy & 0xff }
  const records = bytes(record('0406', integer(energy, 4)), record('0413', integer(7_000, 4)))
  return hexOf(frameA(stripped(from, shortHeader(from, records, options))))
}

/** Two telegrams: one alone proves no key. */
const proving = (from: Sender, key: string, energy = 1_000): string[] => [telegram(from, energy, key), telegram(from, energy + 1, key)]

const STATUS = 'varmesky/v1/box/status'

const SERVICE: User = { uid: 4_242, gid: 4_243 }
const MEMBER: User = { uid: 4_300, gid: 4_300, groups: [SERVICE.gid] }
const STRANGER: User = { uid: 4_400, gid: 4_400 }
const othersTitle = canBeOthers ? '' : ' (skipped: needs root, setpriv and a checkout that others may read)'

describe.skipIf(!hasMosquitto)(`the program, from init to replay, with ${mosquittoTitle}`, () => {
  const directory = mkdtempSync(join(tmpdir(), 'varmesky-box-'))
  const inside = (...names: string[]): string => join(directory, ...names)
  const env = { VARMESKY_CONFIG: inside('varmesky.yaml'), CREDENTIALS_DIRECTORY: inside('credentials') }
  const as = canBeOthers ? SERVICE : undefined
  const cli = (...args: string[]): Promise<Ended> => varmesky({ env }, ...args)
  let broker: Mosquitto
  let billing: Subscriber
  let mast: Loopback
  let daemon: Program

  const send = (...lines: string[]): void => {
    for (const socket of mast.sockets) socket.write(lines.map((line) => `${line}\n`).join(''))
  }
  const status = async (): Promise<GatewayStatus> => JSON.parse((await cli('status', '--json')).stdout)
  /** Waits until the daemon says so. */
  const becomes = (expected: object): Promise<void> => vi.waitFor(async () => expect(await status()).toMatchObject(expected), 30_000)
  const run = async (...args: string[]): Promise<void> => {
    daemon = start(['run', ...args], { env, as })
    seen.push(daemon.visible())
    await becomes({ receivers: [{ state: 'receiving' }], sinks: [{ sink: 'mqtt', connected: true }] })
  }
  const addMeter = async ({ id }: Sender, key: string): Promise<Ended> => {
    const adding = start(['meters', 'add', `KAM-${id}`, '--key-stdin'], { env })
    seen.push(adding.visible())
    adding.type(`${key}\n`)
    return adding.ended
  }

  beforeAll(async () => {
    chmodSync(directory, 0o755)
    broker = await startMosquitto()
    billing = await subscriber(`mqtt://127.0.0.1:${broker.port}`)
    mast = await loopback()
  })
  afterAll(async () => {
    daemon?.signal('SIGKILL')
    await mast.close()
    await billing.end()
    await broker.stop()
    rmSync(directory, { recursive: true })
  })

  it('init makes everything, and the configuration is right once a receiver is in it', async () => {
    const url = `mqtt://127.0.0.1:${broker.port}`
    expect(await cli('init', '--directory', directory, '--gateway', 'box', '--broker', url)).toMatchObject({ status: 0 })
    const receivers = `receivers: [{ name: mast, use: hex, at: "tcp://127.0.0.1:${mast.port}" }]\n`
    writeFileSync(env.VARMESKY_CONFIG, receivers, { flag: 'a' })
    expect(await cli('config', 'check')).toMatchObject({ status: 0 })
    expect(statSync(inside('kek')).mode & 0o777).toBe(0o600)
  })

  it('meters add takes a key from standard input before the first start', async () => {
    expect(await addMeter(FIRST!, KEYS[0])).toMatchObject({ status: 0, stdout: 'KAM-71000001 added, key check 6E71B0\n' })
  })

  it('run receives and connects, with the key-encryption key from a credential', async () => {
    asSystemdDoes(directory, as)
    await run()
    send(...proving(FIRST!, KEYS[0]))
    await becomes({ gateway: 'box', meters: { registered: 1 }, outcomes: { observation: 1 } })
    expect((await cli('status')).stdout).toMatch(/^mast +hex +receiving +2 /m)
    await billing.first(({ topic, body }) => topic === STATUS && JSON.parse(body).state === 'online')
  })

  it('a meter that is added while it runs counts from its next telegram on', async () => {
    send(...proving(SECOND!, KEYS[1]))
    await becomes({ outcomes: { observation: 1, unlisted: 2 } })
    expect(await addMeter(SECOND!, KEYS[1])).toMatchObject({ status: 0 })
    send(...proving(SECOND!, KEYS[1], 2_000))
    await becomes({ meters: { registered: 2 }, outcomes: { observation: 2, unlisted: 2 } })
  })

  it.skipIf(!canBeOthers)(`a member of the daemon's group may ask and change, a stranger may not${othersTitle}`, async () => {
    const added = await varmesky({ env, as: MEMBER }, 'meters', 'add', 'KAM-72000000', '--no-key')
    expect(added).toMatchObject({ status: 0, stdout: 'KAM-72000000 added, without a key\n' })
    expect((await varmesky({ env, as: MEMBER }, 'status')).stdout).toContain('of 3 heard today')

    // The stranger may read this configuration, and still gets nowhere.
    writeFileSync(inside('stranger.yaml'), readFileSync(env.VARMESKY_CONFIG))
    const asStranger = (...args: string[]) => varmesky({ env: { ...env, VARMESKY_CONFIG: inside('stranger.yaml') }, as: STRANGER }, ...args)
    for (const args of [['status'], ['meters', 'add', 'KAM-72000001', '--no-key']]) {
      const forbidden = { status: 4, stdout: '', stderr: expect.stringContaining('This user may not talk to the daemon') }
      expect(await asStranger(...args)).toMatchObject(forbidden)
    }
    expect(await asStranger('meters', 'list')).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining('this user may not'),
    })
    await becomes({ meters: { registered: 3 } })
  })

  it('SIGTERM ends it, and the broker knows', async () => {
    daemon.signal('SIGTERM')
    expect(await daemon.ended).toMatchObject({ status: 0 })
    await vi.waitFor(() => expect(JSON.parse(billing.received.at(-1)!.body)).toMatchObject({ state: 'offline' }))
    expect(await cli('status')).toMatchObject({ status: 4 })
  }, 15_000)

  it('what a capture holds replays to the same outcomes, and its readings reach billing', async () => {
    const capture = inside('captures', 'night')
    expect(await addMeter(THIRD!, KEYS[0])).toMatchObject({ status: 0 })
    const [first, second] = proving(THIRD!, KEYS[0])
    await run()
    send(first!, second!)
    await becomes({ outcomes: { observation: 1, refused: 1 } })
    daemon.signal('SIGTERM')
    await daemon.ended

    await run('--capture', capture, '--capture-all')
    send(second!, second!, telegram(NEIGHBOUR!, 9, KEYS[1]), telegram(THIRD!, 1_002, KEYS[1]), telegram(THIRD!, 666), 'no hex')
    send(`${second!.slice(0, -2)}00`)
    await becomes({ outcomes: { observation: 1, duplicate: 1, unlisted: 1, refused: 1, fault: 2 } })
    const { outcomes, reasons } = await status()
    daemon.signal('SIGTERM')
    await daemon.ended

    const { stdout, stderr } = await cli('replay', capture, '--json', '--to-sinks')
    const table = Object.fromEntries([...stderr.matchAll(/^([a-z.-]+) +(\d+)$/gm)].map(([, kind, n]) => [kind, Number(n)]))
    expect(table).toEqual(Object.fromEntries(Object.entries({ ...outcomes, ...reasons }).filter(([, n]) => n > 0)))
    // Right after midnight it speaks for two days.
    for (const body of stdout.trim().split('\n')) {
      expect(JSON.parse(body)).toMatchObject({ meter: { id: THIRD!.id }, registers: { energy: { value: '1001', unit: 'kWh' } } })
      await billing.first((message) => message.topic === `varmesky/v1/box/reading/daily/KAM-${THIRD!.id}` && message.body === body)
    }
  })

  it('no key was seen anywhere', () => {
    const kek = readFileSync(inside('credentials', 'kek'), 'utf8').trim()
    expect(seen.join('\n').includes(kek)).toBe(false)
    const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    expect(files.map(({ name }) => name)).toEqual(expect.arrayContaining(['varmesky.db', 'night', 'varmesky.yaml']))
    const contents = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'))
    const everything = [...seen, ...contents, ...billing.received.map(({ body }) => body)].join('\n')
    for (const spelling of SPELLINGS) expect(everything.includes(spelling)).toBe(false)
  })
})

/** The key-encryption key is handed in and named nowhere; the daemon's own user owns what the daemon writes. */
const asSystemdDoes = (directory: string, user: User | undefined): void => {
  const config = join(directory, 'varmesky.yaml')
  writeFileSync(config, readFileSync(config, 'utf8').replace(/^kekFile:.*\n/m, ''))
  for (const made of ['credentials', 'captures']) mkdirSync(join(directory, made), 0o750)
  renameSync(join(directory, 'kek'), join(directory, 'credentials', 'kek'))
  if (!user) return
  const owned = ['state', 'run', 'credentials', 'captures'].flatMap((name) => [
    join(directory, name),
    ...readdirSync(join(directory, name)).map((file) => join(directory, name, file)),
  ])
  for (const path of owned) chownSync(path, user.uid, user.gid)
  chownSync(config, 0, user.gid)
}
