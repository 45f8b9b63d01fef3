import { cpSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import { Sqlite } from '../../src/store/disk/sqlite.ts'
import type { StoreEvent } from '../../src/store/disk/watch.ts'
import { openStore } from '../../src/store/open.ts'
import { damage, seeded } from '../support/damage.ts'
import { KEK, NOON, reading, temporaryDirectory } from './state.ts'

const SINK = 'mqtt'
const METER = 'KAM-07134347'
const KEY = Uint8Array.from({ length: 16 }, (_, i) => 0x40 + i)

const open = (directory: string) => {
  const clock = manualClock(NOON)
  const told: StoreEvent[] = []
  const store = openStore({ directory, kek: KEK, clock, unattended: true })
  store.tend({ sinks: [SINK], receipts: [], tell: (event) => void told.push(event) })
  return { clock, told, store }
}

/** The state of a daemon that has stored readings, as it is when it is killed now, and when it is stopped. */
const states = (count = 500) => {
  const live = join(temporaryDirectory(), 'live')
  const { store } = open(live)
  store.meters.put([{ meter: METER, label: 'cellar', key: KEY }])
  for (let n = 0; n < count; n++) store.outbox.add(reading(`${n}`.padEnd(100, '.')))
  store.outbox.flush()
  const copy = join(temporaryDirectory(), 'killed')
  cpSync(live, copy, { recursive: true })
  store.close()
  return { killed: copy, stopped: live }
}
const killed = (): string => states().killed

const waiting = (directory: string, ms = 60_000) => {
  const { clock, told, store } = open(directory)
  const pending = () => store.outbox.pending(SINK, 'live', 5000)
  try {
    pending()
  } catch {
    // Who asks first may be told that the file is damaged; that is how it is found out.
  }
  clock.advance(ms)
  const ids = new Set(pending().map(({ id }) => id))
  const found = { messages: ids.size, key: store.meters.keyOf(METER), label: store.meters.get(METER)?.label, told }
  store.close()
  return found
}

const ALL = { messages: 500, key: KEY, label: 'cellar' }

test('a move that a power cut stopped half-way is ended', () => {
  const directory = killed()
  const wal = join(directory, 'varmesky.db-wal')
  renameSync(wal, join(directory, 'varmesky.db.corrupt-20261123T120000Z-wal'))
  expect(waiting(directory)).toEqual({ ...ALL, told: ['store.damaged', 'store.salvaged'] })
})

test('without a second copy, or with one that is damaged, meters and keys come out of the damaged file', () => {
  for (const spoil of [rmSync, (path: string) => writeFileSync(path, 'no copy\n{}\n')]) {
    const directory = killed()
    spoil(join(directory, 'varmesky.meters.bak'))
    damage(directory, 'zero header', seeded(1))
    rmSync(join(directory, 'varmesky.db-wal'))
    expect(waiting(directory)).toMatchObject({ key: KEY, label: 'cellar' })
  }
})

test('a database that is gone altogether has its meters and keys again, and numbers that were not given before', () => {
  const directory = killed()
  for (const part of ['', '-wal', '-shm']) rmSync(join(directory, `varmesky.db${part}`))
  const { clock, store } = open(directory)
  expect(store.meters.keyOf(METER)).toEqual(KEY)
  store.outbox.add(reading('new'))
  clock.advance(10_000)
  expect(store.outbox.pending(SINK, 'live', 1)[0]!.seq).toBeGreaterThan(500)
  store.close()
})

test.each(['meters', 'meter_keys', 'memory', 'sink_cursors', 'outbox'])('a stopped store whose table %s is spoiled starts', (table) => {
  const directory = states().stopped
  const path = join(directory, 'varmesky.db')
  const db = new Sqlite(path)
  const root = db.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').pluck().get(table) as number
  db.close()
  const file = readFileSync(path)
  file.fill(0xff, (root - 1) * 4096, root * 4096)
  writeFileSync(path, file)
  expect(waiting(directory)).toMatchObject({ ...ALL, told: expect.arrayContaining(['store.damaged', 'store.salvaged']) })
})

test('a removed meter does not come back with the second copy', () => {
  const directory = killed()
  const { store } = open(directory)
  store.meters.remove(METER)
  store.meters.put([{ meter: 'LUG-00000042' }])
  store.close()
  damage(directory, 'zero header', seeded(1))
  const again = open(directory)
  expect(again.store.meters.list().map(({ meter }) => meter)).toEqual(['LUG-00000042'])
  again.store.close()
})

test('reading out goes on after a kill where it was, and ends with everything once', () => {
  const directory = states(5000).stopped
  damage(directory, 'zero header', seeded(1))
  const first = open(directory)
  first.clock.advance(0)
  const { salvage } = first.store.health()
  expect(salvage).not.toBeNull()
  const second = join(temporaryDirectory(), 'second')
  cpSync(directory, second, { recursive: true })
  first.store.close()
  expect(waiting(second, 600_000)).toMatchObject({ messages: 5000, told: ['store.salvaged'] })
  expect(readdirSync(second).filter((name) => /corrupt/.test(name))).toEqual([])
})
