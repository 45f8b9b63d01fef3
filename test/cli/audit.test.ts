import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { change } from '../../src/cli/store-access.ts'
import { who } from '../../src/cli/who.ts'
import { systemClock } from '../../src/clock.ts'
import { inNameOf, storeActions } from '../../src/control/actions.ts'
import { socketPath } from '../../src/control/protocol.ts'
import { startControl } from '../../src/control/server.ts'
import { silentLog } from '../../src/log.ts'
import { acquireLock } from '../../src/store/disk/lock.ts'
import { Sqlite } from '../../src/store/disk/sqlite.ts'
import { loadKek } from '../../src/store/meters/kek.ts'
import { openStore } from '../../src/store/open.ts'
import { child, here, KEY, KEY_CHECK, trial } from './cli.ts'

const box = trial()
const cli = (...args: string[]) => here('--config', box.file, ...args)
const METER = 'KAM-07134347'
const named = async <T>(name: string, perform: () => Promise<T>): Promise<T> => {
  vi.stubEnv('SUDO_USER', name)
  return perform().finally(() => vi.unstubAllEnvs())
}
const add = () => named('lars', () => change(box.config(), 'meters.add', { entry: { meter: METER, key: KEY } }))
const entries = async (...args: string[]) => JSON.parse((await cli('audit', 'list', '--json', ...args)).stdout)

describe('the audit', () => {
  test('names who asked, with a daemon and without one', async () => {
    await add()
    const { stateDirectory, runtimeDirectory, kekFile } = box.config()
    const lock = acquireLock(stateDirectory)
    const store = openStore({ directory: stateDirectory, kek: loadKek(kekFile), clock: systemClock() })
    const actions = inNameOf(store, storeActions(store))
    const control = await startControl({ path: socketPath(runtimeDirectory), actions, log: silentLog })
    await named('pia', () => cli('meters', 'remove', METER, '--yes'))
    await cli('meters', 'export')
    await control.close()
    store.close()
    lock?.release()
    expect(await entries()).toMatchObject([
      { who: 'lars (sudo)', what: 'meter.registered', subject: METER },
      { who: 'lars (sudo)', what: 'key.set', subject: METER, facts: { keyCheck: KEY_CHECK, before: null } },
      { who: 'pia (sudo)', what: 'meter.removed', subject: METER },
      { who: who(), what: 'export', subject: null, facts: { of: 'the register', meters: 0 } },
    ])
    expect(await entries('--meter', METER)).toHaveLength(3)
    expect(await entries('--last', '1')).toHaveLength(1)
  })

  test('is told as a table', async () => {
    await add()
    const { stdout, stderr } = await cli('audit', 'list')
    expect(stdout).toMatch(new RegExp(`lars \\(sudo\\) +a meter got a key +${METER} +keyCheck ${KEY_CHECK}, before –`))
    expect(stderr).toBe('2 entries\n')
  })

  test('of a box without a state is empty', async () => {
    expect(await cli('audit', 'list')).toMatchObject({ status: 0, stderr: '0 entries\n' })
    expect(await cli('audit', 'verify')).toMatchObject({ status: 0, stdout: '0 entries, each as it was written\n' })
  })

  test('is verified, and held against what was noted of it', async () => {
    await add()
    const { chains } = JSON.parse((await cli('audit', 'verify', '--json')).stdout)
    const last = chains[0].last.slice(0, 20)
    await cli('meters', 'remove', METER, '--yes')
    expect(await cli('audit', 'verify', '--holds', last.toUpperCase())).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('3 entries, each'),
    })
    const db = new Sqlite(join(box.directory, 'state', 'varmesky.db'))
    db.exec('DROP TRIGGER audit_stays; DELETE FROM audit WHERE seq > 1')
    db.close()
    expect(await cli('audit', 'verify')).toMatchObject({ status: 0 })
    expect(await cli('audit', 'verify', '--holds', last)).toMatchObject({ status: 1, stderr: expect.stringContaining('cut off') })
  })

  test('that was changed is told, with where', async () => {
    await add()
    const db = new Sqlite(join(box.directory, 'state', 'varmesky.db'))
    db.exec(`DROP TRIGGER audit_is_not_changed; UPDATE audit SET who = 'nobody' WHERE seq = 1`)
    db.close()
    const { status, stderr } = await cli('audit', 'verify')
    expect(status).toBe(1)
    expect(stderr).toMatch(/Not as written.*: [0-9a-f]{8}\/1\n/)
  })

  test('that cannot be written is told, and the export is made', async () => {
    await add()
    rmSync(join(box.directory, 'kek'))
    expect(await cli('meters', 'export')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining(METER),
      stderr: expect.stringContaining('not noted in the audit'),
    })
  })
})

describe('who', () => {
  test('is the caller of sudo, where that is a name', () => {
    expect(who({ SUDO_USER: 'lars' })).toBe('lars (sudo)')
    expect(who({ SUDO_USER: 'lars\nroot' })).toBe(who({}))
    expect(who({})).toMatch(/^[\w.@-]+$|^uid \d+$/)
  })
})

describe('the next key of a meter', () => {
  test('is asked for, kept beside the one it has, shown by its check value, and given up', { timeout: 120_000 }, async () => {
    await add()
    const args = ['--config', box.file, 'meters', 'set', METER, '--next-key']
    const { stdout } = await child(args, { input: '00112233445566778899AABBCCDDEEFF' })
    const check = /^KAM-07134347 changed, next key check ([0-9A-F]{6})\n$/.exec(stdout)?.[1]
    expect((await cli('meters', 'show', METER)).stdout).toMatch(new RegExp(`next key check +${check}`))
    expect((await cli('keys', 'list')).stdout).toMatch(new RegExp(`${METER} +${KEY_CHECK} +${check}`))
    expect(await cli('meters', 'set', METER, '--next-key', '--new-key')).toMatchObject({ status: 2 })
    expect(await cli('meters', 'set', METER, '--no-next-key')).toMatchObject({ status: 0 })
    expect((await cli('meters', 'show', METER)).stdout).not.toContain('next key')
  })

  test('is not had without a key', async () => {
    await cli('meters', 'add', METER, '--no-key')
    const entry = { meter: METER, nextKey: KEY }
    await expect(change(box.config(), 'meters.put', { entries: [entry] })).rejects.toThrow('has no key yet')
  })
})
