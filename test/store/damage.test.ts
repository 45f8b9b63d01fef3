import { closeSync, cpSync, mkdtempSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import { openDatabase } from '../../src/store/disk/database.ts'
import type { StoreEvent } from '../../src/store/disk/watch.ts'
import { openStore } from '../../src/store/open.ts'
import type { Draft } from '../../src/store/outbox/messages.ts'
import { DAMAGES, type Damage, damage, seeded } from '../support/damage.ts'
import { KEK, NOON, reading, temporaryDirectory } from './state.ts'

/** So many of each kind; VARMESKY_DAMAGES=60 for the whole exam. */
const TRIALS = Number(process.env['VARMESKY_DAMAGES'] ?? 3)
const SINK = 'mqtt'
const METERS = 60
const READINGS = 1200
/** So many were accepted by the sink; the others wait for it. */
const ACCEPTED = 400

const keyOf = (n: number): Uint8Array => Uint8Array.from({ length: 16 }, (_, i) => (n * 31 + i) & 0xff)
const meterOf = (n: number): string => `KAM-${String(n).padStart(8, '0')}`
const dayOf = (n: number): string => `2026-10-${String(1 + Math.floor(n / METERS)).padStart(2, '0')}`
const readingOf = (n: number): Draft => reading(`content-${n}`, { meter: meterOf(n % METERS), day: dayOf(n) })
const BODIES = new Map(Array.from({ length: READINGS }, (_, n) => [readingOf(n).id, readingOf(n).body]))

const openTended = (directory: string, told: StoreEvent[] = []) => {
  const clock = manualClock(NOON)
  const store = openStore({ directory, kek: KEK, clock, unattended: true })
  store.tend({ sinks: [SINK], receipts: [], tell: (event) => void told.push(event) })
  return { clock, store }
}

let base: string
/** The same store as it lies on the disk: while the daemon was killed, and after it was stopped. */
const killed = () => join(base, 'killed')
const stopped = () => join(base, 'stopped')

beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'varmesky-damage-'))
  const { store } = openTended(stopped())
  store.meters.put(Array.from({ length: METERS }, (_, n) => ({ meter: meterOf(n), key: keyOf(n) })))
  for (let n = 0; n < READINGS; n++) store.outbox.add(readingOf(n))
  store.outbox.flush()
  for (let sent = 0; sent < ACCEPTED; sent += 100) {
    const batch = store.outbox.pending(SINK, 'live', 100)
    store.outbox.settle(SINK, batch, Array(100).fill('accepted'), null, 0)
  }
  store.memory.save('mark', new Map(Array.from({ length: METERS }, (_, n) => [meterOf(n), String(n)])))
  cpSync(stopped(), killed(), { recursive: true })
  store.close()
})
afterAll(() => rmSync(base, { recursive: true }))

/** Opens a damaged copy, lets it work and heal as the daemon would, and tells what came of it. */
const live = (from: string, spoil: (directory: string) => void) => {
  const directory = join(temporaryDirectory(), 'state')
  cpSync(from, directory, { recursive: true })
  spoil(directory)
  const told: StoreEvent[] = []
  const { clock, store } = openTended(directory, told)
  const keys = Array.from({ length: METERS }, (_, n) => store.meters.keyOf(meterOf(n)))
  const sent = new Map<string, string>()
  const deliver = (): void => {
    for (const lane of ['live', 'backlog'] as const) {
      try {
        const batch = store.outbox.pending(SINK, lane, 100)
        for (const { id, body } of batch) sent.set(id, body)
        if (batch.length > 0) store.outbox.settle(SINK, batch, Array(batch.length).fill('accepted'), null, 0)
      } catch {
        // As delivery does: back off and try again.
      }
    }
  }
  const readings = () => store.outbox.readings({}).map(({ id, body }) => [id, body] as const)
  try {
    readings()
  } catch {
    // Who asks first may be told that the file is damaged; that is how it is found out.
  }
  store.outbox.add(reading('afterwards'))
  for (let second = 0; second < 60; second++) {
    clock.advance(1_000)
    deliver()
  }
  for (let rest = 0; rest < 30; rest++) deliver()
  const { state, salvage } = store.health()
  const flushed = store.outbox.flush()
  const kept = readings()
  const marks = store.memory.load('mark').size
  store.close()
  return { directory, told, keys, sent, state, salvage, flushed, marks, readings: kept }
}

const KEYS = Array.from({ length: METERS }, (_, n) => keyOf(n))
const WAITING = [...BODIES.keys()].slice(ACCEPTED)

describe.each(Object.keys(DAMAGES) as Damage[])('a database with a %s', (kind) => {
  test.each(Array.from({ length: TRIALS }, (_, seed) => seed))(
    'starts by itself, has its keys and hands out nothing damaged (seed %i)',
    (seed) => {
      const random = seeded(seed * 7919 + kind.length)
      const { told, keys, sent, state, salvage, flushed, readings } = live(seed % 2 === 0 ? killed() : stopped(), (directory) =>
        damage(directory, kind, random),
      )
      expect({ state, salvage, flushed }).toEqual({ state: 'ok', salvage: null, flushed: true })
      expect(keys).toEqual(KEYS)
      expect(sent.has(reading('afterwards').id)).toBe(true)
      for (const [id, body] of [...sent, ...readings]) if (BODIES.has(id)) expect([id, body]).toEqual([id, BODIES.get(id)])
      for (const id of sent.keys()) expect(BODIES.has(id) || id === reading('afterwards').id).toBe(true)
      const lost = WAITING.filter((id) => !sent.has(id)).length
      if (process.env['VARMESKY_DAMAGES'])
        console.log(JSON.stringify({ kind, seed, lost, sent: sent.size, readings: readings.length, told }))
      // What the damage itself covers: a page holds some thirty of these readings, the end of the WAL hundreds.
      expect(lost).toBeLessThan(kind === 'truncated WAL' ? READINGS : 40)
    },
  )
})

test('a damaged file is put aside, read out, and kept for eyes', () => {
  const { directory, told, sent, readings } = live(stopped(), (directory) => damage(directory, 'zero header', seeded(1)))
  expect(told).toEqual(['store.damaged', 'store.salvaged'])
  expect(readdirSync(directory).filter((name) => /corrupt|salvaged/.test(name))).toEqual(['varmesky.db.salvaged-20261123T120000Z'])
  // What the sink had had is not sent again, but is still there to be asked for.
  expect([...sent.keys()].sort()).toEqual([...WAITING, reading('afterwards').id].sort())
  expect(readings.length).toBe(READINGS + 1)
})

test('whichever page of the table of tables is spoiled, all of it is read out', () => {
  const db = openDatabase(stopped())
  const pages = db.prepare<[], number>(`SELECT pageno FROM dbstat WHERE name = 'sqlite_schema'`).pluck().all()
  db.close()
  // Inner and outer ones.
  expect(pages.length).toBeGreaterThan(2)
  for (const page of pages) {
    const { sent, keys, marks } = live(stopped(), (directory) => {
      const file = openSync(join(directory, 'varmesky.db'), 'r+')
      writeSync(file, Buffer.alloc(4_096, 0x5a), 0, 4_096, (page - 1) * 4_096)
      closeSync(file)
    })
    expect([page, [...sent.keys()].sort()]).toEqual([page, [...WAITING, reading('afterwards').id].sort()])
    expect(keys).toEqual(KEYS)
    expect(marks).toBe(METERS)
  }
})
