import { expect, test } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import { closeDatabase, openDatabase } from '../../src/store/database.ts'
import { openStore } from '../../src/store/open.ts'
import { createRetention, KEEP_DAYS } from '../../src/store/retention.ts'
import { NOON, reading, temporaryDirectory } from './state.ts'

const DAY_MS = 86_400_000

/** 600 readings: the first 501 accepted by a sink with receipts, the first 500 confirmed by its far side. */
const filled = () => {
  const directory = temporaryDirectory()
  const store = openStore({ directory, kek: null, clock: manualClock(NOON) })
  store.outbox.expectReceipts(['mqtt'])
  for (let n = 0; n < 600; n++) store.outbox.add(reading(`r${n}`, { meter: `KAM-${String(n).padStart(8, '0')}` }))
  store.outbox.flush()
  const batch = store.outbox.pending('mqtt', 'live', 501)
  store.outbox.settle(
    'mqtt',
    batch,
    batch.map(() => 'accepted' as const),
    null,
    0,
  )
  store.outbox.confirmIds(
    'mqtt',
    batch.slice(0, 500).map(({ id }) => id),
  )
  store.close()
  return directory
}

const purge = (directory: string, days: number, keep = KEEP_DAYS) => {
  const db = openDatabase(directory, undefined)
  const retention = createRetention(db)
  const sum = { confirmed: 0, expired: 0, lost: 0 }
  const slices: number[] = []
  for (let from: number | null = 1; from !== null; ) {
    const { next, ...did } = retention.slice(from, NOON + days * DAY_MS, keep)
    for (const key of ['confirmed', 'expired', 'lost'] as const) sum[key] += did[key]
    slices.push(did.confirmed + did.expired)
    from = next
  }
  const lostEver = retention.lostEver()
  closeDatabase(db)
  return { ...sum, lostEver, mostInOne: Math.max(...slices) }
}

test('nothing goes before its time', () => {
  expect(purge(filled(), 90)).toMatchObject({ confirmed: 0, expired: 0, lost: 0 })
})

test('what is confirmed goes after its days, the rest stays and is delivered', () => {
  const directory = filled()
  expect(purge(directory, 91)).toEqual({ confirmed: 500, expired: 0, lost: 0, lostEver: 0, mostInOne: 500 })
  const store = openStore({ directory, kek: null, clock: manualClock(NOON) })
  expect(store.outbox.state('mqtt')).toMatchObject({ live: 99 })
  expect(store.outbox.pending('mqtt', 'live', 1000).map(({ seq }) => seq)).toEqual(Array.from({ length: 99 }, (_, n) => 502 + n))
  store.close()
})

test('a confirmed reading stays for 14 days whatever is asked', () => {
  const directory = filled()
  const hasty = { confirmed: 1, unconfirmed: 400 } as never
  expect(purge(directory, 14, hasty)).toMatchObject({ confirmed: 0 })
  expect(purge(directory, 15, hasty)).toMatchObject({ confirmed: 500 })
})

test('what was never confirmed goes at last, and is counted for ever', () => {
  const directory = filled()
  expect(purge(directory, 400)).toMatchObject({ expired: 0, lost: 0 })
  expect(purge(directory, 401)).toMatchObject({ expired: 100, lost: 100, lostEver: 100 })
  expect(purge(directory, 402)).toMatchObject({ expired: 0, lost: 0, lostEver: 100 })
})

test('what a second way out has still before it stays, confirmed or not', () => {
  const directory = filled()
  const store = openStore({ directory, kek: null, clock: manualClock(NOON) })
  const batch = store.outbox.pending('csv', 'live', 10)
  store.outbox.settle(
    'csv',
    batch,
    batch.map(() => 'accepted' as const),
    null,
    0,
  )
  store.close()
  expect(purge(directory, 91)).toMatchObject({ confirmed: 10 })
})
