import { once } from 'node:events'
import { chmodSync, chownSync, cpSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import { type Connection, closeDatabase, migrate, openDatabase, openReadOnlyDatabase } from '../../src/store/disk/database.ts'
import { MIGRATIONS } from '../../src/store/disk/migrations.ts'
import { Sqlite } from '../../src/store/disk/sqlite.ts'
import { openStore } from '../../src/store/open.ts'
import { runScript } from '../support/compiled.ts'
import { temporaryDirectory } from './state.ts'

const SETTINGS = {
  journal_mode: 'wal',
  synchronous: 2,
  foreign_keys: 1,
  busy_timeout: 5000,
  secure_delete: 1,
  auto_vacuum: 2,
  journal_size_limit: 262144,
  wal_autocheckpoint: 64,
  cache_size: -2000,
  max_page_count: 244140,
}

const settings = (db: Connection) => Object.fromEntries(Object.keys(SETTINGS).map((name) => [name, db.pragma(name, { simple: true })]))

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8)

describe('opening for writing', () => {
  test('sets everything on the first opening and on the second', () => {
    const directory = temporaryDirectory()
    for (const _ of ['first', 'second']) {
      const db = openDatabase(directory)
      expect(settings(db)).toEqual(SETTINGS)
      closeDatabase(db)
    }
  })

  test('creates the directory and the files for the owner, readable by the group', () => {
    const directory = join(temporaryDirectory(), 'state')
    const db = openDatabase(directory)
    expect(modeOf(directory)).toBe('750')
    expect(readdirSync(directory).sort()).toEqual(['varmesky.db', 'varmesky.db-shm', 'varmesky.db-wal'])
    for (const file of readdirSync(directory)) expect([file, modeOf(join(directory, file))]).toEqual([file, '640'])
    closeDatabase(db)
  })

  test('takes rights away from others that a copied file had', () => {
    const directory = temporaryDirectory()
    closeDatabase(openDatabase(directory))
    chmodSync(join(directory, 'varmesky.db'), 0o666)
    closeDatabase(openDatabase(directory))
    expect(modeOf(join(directory, 'varmesky.db'))).toBe('640')
  })

  test.runIf(process.getuid?.() === 0)('by root leaves the files to the owner of the directory', () => {
    const directory = temporaryDirectory()
    chownSync(directory, 65534, 65534)
    const db = openDatabase(directory)
    for (const file of readdirSync(directory)) expect([file, statSync(join(directory, file)).uid]).toEqual([file, 65534])
    closeDatabase(db)
  })

  test('says that a damaged file is damaged', () => {
    const directory = temporaryDirectory()
    writeFileSync(join(directory, 'varmesky.db'), 'no database at all, but long enough to be taken for one'.repeat(20))
    expect(() => openDatabase(directory)).toThrow(/damaged: start the daemon, which puts it aside/)
  })

  test('closing leaves everything in the database file', () => {
    const directory = temporaryDirectory()
    const db = openDatabase(directory)
    db.exec(`INSERT INTO memory VALUES ('kind', 'key', 'value')`)
    closeDatabase(db)
    closeDatabase(db)
    expect(statSync(join(directory, 'varmesky.db-wal')).size).toBe(0)
  })
})

describe('migrations', () => {
  const schema = (db: Connection) => db.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY name').all()

  test.each(MIGRATIONS.map((_, version) => version))('from version %i to the present one', (version) => {
    const old = temporaryDirectory()
    const before = new Sqlite(join(old, 'varmesky.db'))
    before.pragma('auto_vacuum = INCREMENTAL')
    migrate(before, MIGRATIONS.slice(0, version))
    before.close()
    const upgraded = openDatabase(old)
    const fresh = openDatabase(temporaryDirectory())
    expect(schema(upgraded)).toEqual(schema(fresh))
    expect(upgraded.pragma('user_version', { simple: true })).toBe(MIGRATIONS.length)
    closeDatabase(upgraded)
    closeDatabase(fresh)
  })

  test('a step that fails leaves nothing behind, and the steps before it stand', () => {
    const db = new Sqlite(':memory:')
    expect(() => migrate(db, ['CREATE TABLE one (x)', 'CREATE TABLE two (x); nonsense'])).toThrow(/nonsense/)
    expect(db.prepare('SELECT name FROM sqlite_schema').pluck().all()).toEqual(['one'])
    migrate(db, ['CREATE TABLE one (x)', 'CREATE TABLE two (x)'])
    expect(db.prepare('SELECT name FROM sqlite_schema').pluck().all()).toEqual(['one', 'two'])
  })

  test('a step that was killed leaves nothing behind', async () => {
    const directory = temporaryDirectory()
    const db = openDatabase(directory)
    const before = schema(db)
    db.exec(`INSERT INTO meters (meter) VALUES ('KAM-07134347')`)
    closeDatabase(db)
    const migrating = runScript(new URL('./migrating.ts', import.meta.url), directory)
    await once(migrating.stdout, 'data')
    await setTimeout(200)
    migrating.kill('SIGKILL')
    await once(migrating, 'exit')
    const after = openDatabase(directory)
    expect(after.pragma('user_version', { simple: true })).toBe(MIGRATIONS.length)
    expect(schema(after)).toEqual(before)
    expect(after.prepare('SELECT meter, label FROM meters').all()).toEqual([{ meter: 'KAM-07134347', label: null }])
    expect(after.pragma('integrity_check', { simple: true })).toBe('ok')
    closeDatabase(after)
  }, 60_000)

  test('a database of a newer program is refused, to write and to read, and left as it is by the daemon, too', () => {
    const directory = temporaryDirectory()
    const db = openDatabase(directory)
    db.pragma(`user_version = ${MIGRATIONS.length + 1}`)
    closeDatabase(db)
    const unattended = () => openStore({ directory, kek: null, clock: manualClock(0), unattended: true })
    expect(unattended).toThrow(/newer Varmesky .*: install that one again, or restore a backup from before the update/)
    expect(readdirSync(directory).filter((name) => name.includes('corrupt'))).toEqual([])
    expect(() => openDatabase(directory)).toThrow(`newer Varmesky (schema ${MIGRATIONS.length + 1}, this one knows ${MIGRATIONS.length})`)
    expect(() => openReadOnlyDatabase(directory)).toThrow(/newer Varmesky/)
  })
})

describe('opening for reading', () => {
  test('creates nothing where there is nothing', () => {
    const directory = temporaryDirectory()
    expect(() => openReadOnlyDatabase(directory)).toThrow(/there is none yet: start the daemon once/)
    expect(readdirSync(directory)).toEqual([])
    expect(() => openReadOnlyDatabase(join(directory, 'missing'))).toThrow(/there is none yet/)
    expect(existsSync(join(directory, 'missing'))).toBe(false)
  })

  test('does not bring an older database up to date', () => {
    const directory = temporaryDirectory()
    new Sqlite(join(directory, 'varmesky.db')).exec('CREATE TABLE old (x)').close()
    expect(() => openReadOnlyDatabase(directory)).toThrow(/older Varmesky: restart the daemon/)
  })

  test('sees what a writer beside it commits, and cannot write', () => {
    const directory = temporaryDirectory()
    const writer = openDatabase(directory)
    const reader = openReadOnlyDatabase(directory)
    writer.exec(`INSERT INTO memory VALUES ('kind', 'key', 'value')`)
    expect(reader.prepare('SELECT value FROM memory').pluck().get()).toBe('value')
    expect(() => reader.exec('DELETE FROM memory')).toThrow(/readonly/)
    closeDatabase(writer)
    closeDatabase(reader)
  })

  /** What is on disk once a daemon has written it and does something with it. */
  const stateAfter = (act: (db: Connection) => void): string => {
    const directory = join(temporaryDirectory(), 'state')
    const db = openDatabase(directory)
    db.exec(`INSERT INTO memory VALUES ('kind', 'key', 'value')`)
    act(db)
    onTestFinished(() => closeDatabase(db))
    return directory
  }
  /** The state as it is left by a daemon that is killed now. */
  const killed = (directory: string): string => {
    const copy = join(temporaryDirectory(), 'state')
    cpSync(directory, copy, { recursive: true })
    return copy
  }
  /** As a member of the group sees it: to be read and not written, or neither. */
  const leaveToReader = (directory: string, fileMode: number): void => {
    const files = readdirSync(directory).map((file) => join(directory, file))
    if (process.getuid?.() === 0) for (const path of [directory, ...files]) chownSync(path, 65534, 65534)
    for (const file of files) chmodSync(file, fileMode)
    chmodSync(directory, 0o550)
    onTestFinished(() => chmodSync(directory, 0o750))
  }

  test('needs no right to write, beside the daemon and without it; who may not read is told who may', async () => {
    const running = stateAfter(() => {})
    const readable = [running, killed(running), stateAfter(closeDatabase)]
    const unreadable = stateAfter(closeDatabase)
    for (const directory of readable) leaveToReader(directory, 0o440)
    leaveToReader(unreadable, 0o000)
    let printed = ''
    for await (const chunk of runScript(new URL('./reader.ts', import.meta.url), ...readable, unreadable).stdout) printed += chunk
    expect(printed.split('\n')).toEqual(['value', 'value', 'value', expect.stringMatching(/this user may not: join the group/), ''])
  }, 60_000)
})
