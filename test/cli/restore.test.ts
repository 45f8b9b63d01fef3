import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import type SqliteTypes from 'better-sqlite3'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { startDelivery } from '../../src/delivery.ts'
import { silentLog } from '../../src/log.ts'
import { stdoutSink } from '../../src/sinks/stdout.ts'
import { packBackup } from '../../src/store/backup/file.ts'
import { migrate } from '../../src/store/disk/database.ts'
import { acquireLock } from '../../src/store/disk/lock.ts'
import { MIGRATIONS } from '../../src/store/disk/migrations.ts'
import { Sqlite } from '../../src/store/disk/sqlite.ts'
import { loadKek } from '../../src/store/meters/kek.ts'
import { kekId, keyCheck, sealKey, unsealKey } from '../../src/store/meters/sealed-key.ts'
import { reading } from '../store/state.ts'
import { type Box, backupOf, hardware, METER_KEY, OTHER_KEY, openBox, passphraseFile, withStore } from './boxes.ts'
import { here } from './cli.ts'

const KEYED = 'KAM-07134347'
/** Tables that the box at work has something in. */
const FILLED = ['memory', 'meter_keys', 'meters', 'outbox', 'outbox_exceptions', 'sink_cursors', 'sink_receipts', 'telegrams']
const READINGS = Array.from({ length: 30 }, (_, n) => reading(`${n}`))
let old: Box
let file: string

const backup = (...args: string[]) => here('--config', old.file, 'backup', file, ...args)
const make = () => backupOf(old)
const restore = (box: Box, ...args: string[]) => here('--config', box.file, 'restore', file, ...args)
const restoreWith = (box: Box, ...args: string[]) => restore(box, '--passphrase-file', passphraseFile(old), ...args)
const database = (box: Box): SqliteTypes.Database => {
  const db = new Sqlite(join(box.state, 'varmesky.db'))
  onTestFinished(() => void db.close())
  return db
}
const kekOf = (box: Box): Uint8Array => loadKek(box.kek)!
/** What belongs to a state, as opposed to its lock. */
const stateOf = (box: Box): readonly string[] => readdirSync(box.state).filter((name) => !name.startsWith('varmesky.lock'))

/** A box that has been at work: a sink has had some messages and refused one, receipts have come, a second key waits. */
beforeEach(() => {
  old = hardware()
  file = join(old.directory, 'box.tar')
  withStore(old, ({ meters, outbox, memory, telegrams }) => {
    meters.put([
      { meter: KEYED, key: METER_KEY, label: 'school' },
      { meter: 'KAM-07134348', installation: '4711' },
    ])
    outbox.expectReceipts(['stdout'])
    for (const draft of READINGS) outbox.add(draft)
    outbox.flush()
    const batch = outbox.pending('stdout', 'live', 10)
    outbox.settle('stdout', batch, [...Array(9).fill('accepted'), 'refused'], 'no', 0)
    outbox.confirmIds('stdout', [batch[0]!.id])
    memory.save('marks', new Map([['a', '{"seen":1}']]))
    telegrams.keep([{ meter: KEYED, day: '2026-11-22', heardAt: 1, crc: 'stripped', bytes: new Uint8Array(20) }])
  })
  const db = new Sqlite(join(old.state, 'varmesky.db'))
  db.prepare(`INSERT INTO meter_keys SELECT meter, 'next', kek_id, ?, ? FROM meter_keys`).run(
    sealKey(kekOf(old), KEYED, OTHER_KEY),
    keyCheck(OTHER_KEY),
  )
  db.close()
})

/** Every row of every table; of the keys what does not depend on what seals them, of the audit what was before. */
const rowsOf = (box: Box): Record<string, unknown[]> => {
  const db = database(box)
  const tables = db.prepare<[], string>(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`).pluck().all()
  const columns = (table: string): string => (table === 'meter_keys' ? 'meter, slot, key_check' : '*')
  const before = (table: string): string => (table === 'audit' ? `WHERE what NOT IN ('backup', 'restore')` : '')
  return Object.fromEntries(
    tables.map((table) => [table, db.prepare(`SELECT ${columns(table)} FROM ${table} ${before(table)} ORDER BY 1, 2`).all()]),
  )
}
const keysIn = (box: Box) =>
  database(box)
    .prepare<[], { slot: string; kek: string; sealed: Buffer }>('SELECT slot, kek_id AS kek, sealed FROM meter_keys ORDER BY slot')
    .all()
    .map(({ slot, kek, sealed }) => ({ slot, kek, key: unsealKey(kekOf(box), KEYED, sealed) }))

const expectWhole = (box: Box): void => {
  expect(rowsOf(box)).toEqual(rowsOf(old))
  expect(database(box).prepare(`SELECT what FROM audit WHERE what = 'restore'`).all()).toHaveLength(1)
  const kek = kekId(kekOf(box))
  expect(keysIn(box)).toEqual([
    { slot: 'current', kek, key: METER_KEY },
    { slot: 'next', kek, key: OTHER_KEY },
  ])
}

describe('a box moves', () => {
  test('to one with another key-encryption key: each row comes along, and both keys of a meter open there', async () => {
    await make()
    const fresh = hardware()
    const { status, stdout } = await restoreWith(fresh)
    expect(status).toBe(0)
    expect(stdout).toContain('keep the old one off')
    expect(kekOf(fresh)).not.toEqual(kekOf(old))
    expectWhole(fresh)
    expect(rowsOf(fresh)).toMatchObject(Object.fromEntries(FILLED.map((table) => [table, expect.arrayContaining([expect.anything()])])))
    expect(stateOf(fresh)).toEqual(['varmesky.db'])
    expect(statSync(join(fresh.state, 'varmesky.db')).mode & 0o777).toBe(0o640)
  })

  test('to one with nothing: it gets the configuration and the key-encryption key', async () => {
    await make()
    const fresh = hardware({ kek: false, config: false })
    rmSync(fresh.state, { recursive: true })
    const { status, stdout, stderr } = await restoreWith(fresh)
    expect(status).toBe(0)
    expect(stdout).toContain(`The key-encryption key is now ${fresh.kek}`)
    expect(stderr).toContain(`made  ${fresh.file}\n`)
    expect(readFileSync(fresh.file)).toEqual(readFileSync(old.file))
    expect(readFileSync(fresh.kek)).toEqual(readFileSync(old.kek))
    expect(statSync(fresh.kek).mode & 0o777).toBe(0o600)
    expectWhole(fresh)
  })

  test('to one with the same key-encryption key: no passphrase is needed', async () => {
    await backup('--without-kek')
    const fresh = hardware({ kek: false })
    copyFileSync(old.kek, fresh.kek)
    expect(await restore(fresh)).toMatchObject({ status: 0 })
    expectWhole(fresh)
  })

  test('without its key-encryption key in the file: it comes out of an older backup', async () => {
    const first = join(old.directory, 'first.tar')
    await backupOf(old, 'first.tar')
    await backup('--without-kek')
    const fresh = hardware()
    expect(await restoreWith(fresh)).toMatchObject({ status: 1, stderr: expect.stringContaining('--kek-from FILE') })
    expect(stateOf(fresh)).toEqual([])
    expect(await restoreWith(fresh, '--kek-from', first)).toMatchObject({ status: 0 })
    expectWhole(fresh)
  })

  test('without keys where nobody has the key-encryption key any more', async () => {
    await backup('--without-kek')
    const fresh = hardware()
    const { status, stdout } = await restore(fresh, '--without-keys')
    expect({ status, stdout }).toMatchObject({ status: 0, stdout: expect.stringContaining('import them again before you start') })
    expect(keysIn(fresh)).toEqual([])
    expect({ ...rowsOf(fresh), meter_keys: [] }).toEqual({ ...rowsOf(old), meter_keys: [] })
  })

  test('with a key that was damaged before: it starts, and says which to import again', async () => {
    const db = new Sqlite(join(old.state, 'varmesky.db'))
    db.exec(`UPDATE meter_keys SET sealed = x'01' WHERE slot = 'current'`)
    db.close()
    await make()
    const fresh = hardware()
    expect((await restoreWith(fresh)).stdout).toContain(`1 key cannot be opened, damaged before the backup was made: ${KEYED}.`)
    withStore(fresh, ({ meters }) => expect(() => meters.keyOf(KEYED)).toThrow('import this meter'))
  })

  test('and is told what its configuration names and it does not have', async () => {
    writeFileSync(old.file, `${readFileSync(old.file, 'utf8')}mqtt: { url: "mqtts://b:8883", passwordFile: ./secret/mqtt, ca: ./kek }\n`)
    await make()
    const fresh = hardware({ config: false })
    expect((await restoreWith(fresh)).stdout).toContain(`names what is not here yet:\n  ${join(fresh.directory, 'secret/mqtt')}\nTwo`)
  })

  test('and sends what it had not sent, once, and no more', async () => {
    await make()
    const fresh = hardware()
    await restoreWith(fresh)
    const store = openBox(fresh)
    store.outbox.add(reading('the first one here'))
    store.outbox.flush()
    const sent: string[] = []
    const output = new Writable({
      write(part, _, taken) {
        sent.push(...String(part).trim().split('\n'))
        taken()
      },
    })
    const clock = systemClock()
    const parts = { outbox: store.outbox, clock, log: silentLog, startOfDay: () => 0 }
    const delivery = startDelivery({ ...parts, sinks: [stdoutSink(output)] })
    await vi.waitFor(() => expect(store.outbox.state('stdout')).toMatchObject({ live: 0, backlog: 0 }), { timeout: 30_000 })
    await delivery.stop()
    expect(sent).toEqual([...READINGS.slice(10).map(({ body }) => body), reading('the first one here').body])
    expect(store.outbox.state('stdout')).toMatchObject({ refused: 1 })
    store.close()
  })
})

describe('an older schema', () => {
  test.each(MIGRATIONS.slice(1).map((_, n) => n + 1))('is brought up to date on the way (step %i)', async (steps) => {
    const work = mkdtempSync(join(tmpdir(), 'varmesky-older-'))
    onTestFinished(() => rmSync(work, { recursive: true }))
    const db = new Sqlite(join(work, 'varmesky.db'))
    db.pragma('auto_vacuum = INCREMENTAL')
    migrate(db, MIGRATIONS.slice(0, steps))
    db.exec(`INSERT INTO meters (meter) VALUES ('${KEYED}')`)
    db.close()
    const counts = { meters: 1, keys: 0, messages: 0 }
    const manifest = { gateway: 'box', program: '0.0.1', madeAt: null, schema: steps, kek: null, ...counts }
    await packBackup(work, 'older', manifest, readFileSync(old.file, 'utf8'), null)
    file = join(work, 'older')
    expect(await here('backup', 'verify', file)).toMatchObject({ status: 0 })
    const fresh = hardware()
    expect(await restore(fresh)).toMatchObject({ status: 0 })
    expect(database(fresh).pragma('user_version', { simple: true })).toBe(MIGRATIONS.length)
    expect(withStore(fresh, ({ meters }) => meters.list())).toMatchObject([{ meter: KEYED }])
  })
})

describe('nothing is done', () => {
  const expectNothing = (box: Box, result: Awaited<ReturnType<typeof restore>>, status: number, message: string): void => {
    expect(result).toMatchObject({ status, stdout: '', stderr: expect.stringContaining(message) })
    expect(stateOf(box)).toEqual([])
    expect(existsSync(box.kek)).toBe(false)
  }

  test('with a wrong passphrase', async () => {
    await make()
    const fresh = hardware({ kek: false })
    passphraseFile(old, 'five other words')
    const result = await restore(fresh, '--passphrase-file', join(old.directory, 'passphrase'))
    expectNothing(fresh, result, 1, 'This is not the passphrase')
  })

  test('with a damaged backup', async () => {
    await make()
    const bytes = readFileSync(file)
    bytes[bytes.indexOf('school')]! ^= 1
    writeFileSync(file, bytes)
    const fresh = hardware({ kek: false })
    expectNothing(fresh, await restoreWith(fresh), 1, 'varmesky.db is not what was written')
  })

  test('while a daemon runs', async () => {
    await make()
    const fresh = hardware({ kek: false })
    const lock = acquireLock(fresh.state)
    expectNothing(fresh, await restoreWith(fresh), 1, 'stop it first')
    lock?.release()
  })

  test('in a box that is called otherwise', async () => {
    await make()
    const fresh = hardware({ kek: false, gateway: 'other' })
    expectNothing(fresh, await restoreWith(fresh), 1, 'Set "gateway: box"')
  })

  test.each(['varmesky.db', 'varmesky.db-wal', 'varmesky.meters.bak', 'varmesky.db.corrupt-20261122T100000Z'])(
    'where there is a %s',
    async (name) => {
      await backup('--without-kek')
      const fresh = hardware()
      writeFileSync(join(fresh.state, name), 'mine')
      const { status, stderr } = await restore(fresh)
      expect({ status, stderr }).toMatchObject({ status: 3, stderr: expect.stringContaining('never overwrites') })
      expect(stderr).toContain(`mv ${join(fresh.state, name)} ${fresh.state}/before/`)
      expect(stateOf(fresh)).toEqual([name])
      expect(readFileSync(join(fresh.state, name), 'utf8')).toBe('mine')
      mkdirSync(join(fresh.state, 'before'))
      rmSync(join(fresh.state, name))
      copyFileSync(old.kek, fresh.kek)
      expect(await restore(fresh)).toMatchObject({ status: 0 })
    },
  )
})
