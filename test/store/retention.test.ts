import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ManualClock, manualClock } from '../../src/clock.ts'
import { openStore } from '../../src/store/open.ts'
import { advanced } from '../../src/store/retention/purge-date.ts'
import type { PurgedKind, PurgePlace, PurgeRule } from '../../src/store/retention/retention.ts'
import type { Store } from '../../src/store/store.ts'
import { NOON, reading, temporaryDirectory } from './state.ts'

const DAY_MS = 86_400_000
const KEEP = { confirmed: 90 * DAY_MS, unconfirmed: 400 * DAY_MS, telegrams: 2 * DAY_MS, sms: 14 * DAY_MS, salvaged: 30 * DAY_MS }
const RULE: PurgeRule = { sinks: ['mqtt'], receipts: ['mqtt'], keep: KEEP }
const meterOf = (n: number): string => `KAM-${String(n).padStart(8, '0')}`

const open = (directory: string, clock: ManualClock = manualClock(NOON)): Store => openStore({ directory, kek: null, clock })

const accept = (store: Store, sink: string, count: number): readonly string[] => {
  const batch = store.outbox.pending(sink, 'live', count)
  store.outbox.settle(sink, batch, Array(batch.length).fill('accepted'), null, 0)
  return batch.map(({ id }) => id)
}

/** 600 readings: the first 501 accepted by a sink with receipts, the first 500 confirmed by its far side. */
const filled = (): string => {
  const directory = temporaryDirectory()
  const store = open(directory)
  store.outbox.expectReceipts(['mqtt'])
  for (let n = 0; n < 600; n++) store.outbox.add(reading(`r${n}`, { meter: meterOf(n) }))
  store.outbox.flush()
  store.outbox.confirmIds('mqtt', accept(store, 'mqtt', 501).slice(0, 500))
  store.close()
  return directory
}

/** A whole purge with ages counted to so many days after noon. */
const purged = (store: Store, days: number, { rule = RULE, dryRun = false, place = 1 as PurgePlace } = {}) => {
  const sum: Record<PurgedKind, number> = { confirmed: 0, accepted: 0, lost: 0, messages: 0, telegrams: 0, sms: 0, series: 0, salvaged: 0 }
  let mostInOne = 0
  for (let at: PurgePlace | null = place; at !== null; ) {
    const did = store.retention.step(at, NOON + days * DAY_MS, rule, dryRun)
    for (const [kind, n] of Object.entries(did.removed) as [PurgedKind, number][]) sum[kind] += n
    mostInOne = Math.max(mostInOne, ...Object.values(did.removed))
    at = did.next
  }
  return { ...sum, mostInOne, ever: store.retention.lost().ever }
}
const purge = (directory: string, days: number, options: Parameters<typeof purged>[2] = {}) => {
  const store = open(directory)
  try {
    return purged(store, days, options)
  } finally {
    store.close()
  }
}

describe('readings', () => {
  test('do not go before their time', () => {
    expect(purge(filled(), 90)).toMatchObject({ confirmed: 0, accepted: 0, lost: 0 })
  })

  test('that are confirmed go after their days in slices, the rest stays and is delivered', () => {
    const directory = filled()
    expect(purge(directory, 91, { dryRun: true })).toMatchObject({ confirmed: 500, lost: 0 })
    expect(purge(directory, 91)).toMatchObject({ confirmed: 500, lost: 0, ever: 0, mostInOne: 500 })
    const store = open(directory)
    expect(store.outbox.state('mqtt')).toMatchObject({ live: 99 })
    expect(store.outbox.pending('mqtt', 'live', 1000).map(({ seq }) => seq)).toEqual(Array.from({ length: 99 }, (_, n) => 502 + n))
    store.close()
  })

  test('stay for 14 days after the receipt whatever is asked', () => {
    const directory = filled()
    const rule = { ...RULE, keep: { ...KEEP, confirmed: 1, unconfirmed: 1 } }
    expect(purge(directory, 14, { rule })).toMatchObject({ confirmed: 0, accepted: 0, lost: 0 })
    expect(purge(directory, 15, { rule })).toMatchObject({ confirmed: 500, lost: 100 })
  })

  test('that were never confirmed go at last, and are counted for ever', () => {
    const directory = filled()
    expect(purge(directory, 400)).toMatchObject({ lost: 0 })
    expect(purge(directory, 401, { dryRun: true })).toMatchObject({ lost: 100, ever: 0 })
    expect(purge(directory, 401)).toMatchObject({ lost: 100, ever: 100 })
    expect(purge(directory, 402)).toMatchObject({ lost: 0, ever: 100 })
  })

  test('without receipts stay for the age of the unconfirmed, and are not lost by that', () => {
    const directory = filled()
    const rule = { ...RULE, sinks: ['csv'], receipts: [] }
    const store = open(directory)
    accept(store, 'csv', 600)
    expect(purged(store, 400, { rule })).toMatchObject({ accepted: 0, lost: 0 })
    expect(purged(store, 401, { rule })).toMatchObject({ accepted: 600, lost: 0, ever: 0 })
    store.close()
  })

  test('confirmed while the time was not known count from when they were stored', () => {
    const clock = manualClock(NOON)
    const store = open(temporaryDirectory(), clock)
    store.outbox.expectReceipts(['mqtt'])
    store.outbox.add(reading('r'))
    store.outbox.flush()
    clock.setUtc(null)
    store.outbox.confirmIds('mqtt', accept(store, 'mqtt', 1))
    expect(purged(store, 90)).toMatchObject({ confirmed: 0 })
    expect(purged(store, 91)).toMatchObject({ confirmed: 1 })
    store.close()
  })
})

describe('ways out', () => {
  test('what a second one has still before it stays, confirmed or not', () => {
    const store = open(filled())
    accept(store, 'csv', 10)
    expect(purged(store, 91, { rule: { ...RULE, sinks: ['mqtt', 'csv'] } })).toMatchObject({ confirmed: 10 })
    store.close()
  })

  test('one that was taken out of the configuration holds nothing up', () => {
    const store = open(filled())
    accept(store, 'csv', 10)
    expect(purged(store, 91)).toMatchObject({ confirmed: 500 })
    store.close()
  })

  test('a new one has everything before it, so that nothing goes early', () => {
    const rule = { ...RULE, sinks: ['mqtt', 'http'] }
    expect(purge(filled(), 399, { rule })).toMatchObject({ confirmed: 0, lost: 0 })
    expect(purge(filled(), 401, { rule })).toMatchObject({ lost: 600 })
  })

  test('where there is none, everything is kept, and lost at last', () => {
    const rule = { ...RULE, sinks: [], receipts: [] }
    expect(purge(filled(), 400, { rule })).toMatchObject({ confirmed: 0, lost: 0 })
    expect(purge(filled(), 401, { rule })).toMatchObject({ lost: 600 })
  })
})

test('events and messages of a day go by the age of the unconfirmed, and are no readings that were lost', () => {
  const store = open(temporaryDirectory())
  for (const kind of ['event', 'day']) store.outbox.add({ ...reading(kind), kind })
  store.outbox.flush()
  expect(purged(store, 400)).toMatchObject({ messages: 0 })
  expect(purged(store, 401)).toMatchObject({ messages: 2, lost: 0, ever: 0 })
  store.close()
})

test('telegrams go after two days, however many', () => {
  const store = open(temporaryDirectory())
  const bytes = Uint8Array.of(1)
  store.telegrams.keep(
    Array.from({ length: 1201 }, (_, n) => ({ meter: meterOf(n), day: '2026-11-22', heardAt: NOON + n, crc: 'A', bytes })),
  )
  expect(purged(store, 2)).toMatchObject({ telegrams: 0 })
  expect(purged(store, 2.00001, { dryRun: true })).toMatchObject({ telegrams: 864 })
  expect(purged(store, 3)).toMatchObject({ telegrams: 1201, mostInOne: 500 })
  expect(store.telegrams.list({})).toEqual([])
  store.close()
})

test('a damaged file that was read out goes after its days, one that was not read out stays', () => {
  const directory = temporaryDirectory()
  const file = (name: string): string => join(directory, `varmesky.db.${name}`)
  const names = ['salvaged-20261123T120000Z', 'salvaged-20261123T120000Z-wal', 'salvaged-20261201T000000Z-2', 'corrupt-20200101T000000Z']
  for (const name of names) writeFileSync(file(name), '')
  expect(purge(directory, 30)).toMatchObject({ salvaged: 0 })
  expect(purge(directory, 31, { dryRun: true })).toMatchObject({ salvaged: 2 })
  expect(purge(directory, 31)).toMatchObject({ salvaged: 2 })
  expect(names.map((name) => existsSync(file(name)))).toEqual([false, false, true, true])
})

describe('a purge that ends in the middle', () => {
  test('has removed whole slices, and the next one does the rest', () => {
    const directory = filled()
    const store = open(directory)
    for (let n = 600; n < 1200; n++) store.outbox.add(reading(`r${n}`, { meter: meterOf(n) }))
    store.outbox.flush()
    const first = store.retention.step(1, NOON + 401 * DAY_MS, RULE, false)
    expect(first).toMatchObject({ removed: { confirmed: 500 }, next: 501 })
    expect(store.retention.step(501, NOON + 401 * DAY_MS, RULE, false)).toMatchObject({ removed: { lost: 500 } })
    // What a SIGKILL leaves: a file and a WAL that nobody closed.
    const copy = temporaryDirectory()
    for (const part of ['', '-wal']) writeFileSync(join(copy, `varmesky.db${part}`), readFileSync(join(directory, `varmesky.db${part}`)))
    store.close()
    expect(purge(copy, 401)).toMatchObject({ confirmed: 0, lost: 200, ever: 700 })
  })

  test('is told of once: what was lost before it was told is told then', () => {
    const store = open(filled())
    purged(store, 401)
    expect(store.retention.lost()).toEqual({ ever: 100, untold: 100 })
    store.retention.lostTold(100)
    expect(store.retention.lost()).toEqual({ ever: 100, untold: 0 })
    store.close()
  })
})

describe('the date that ages are counted to', () => {
  test('begins with what was stored first and advances two days a day at most, up to the clock', () => {
    const store = open(temporaryDirectory())
    expect([store.retention.date(), store.retention.advance(DAY_MS, NOON)]).toEqual([null, null])
    store.outbox.add(reading('r'))
    store.outbox.flush()
    expect(store.retention.date()).toBe(NOON)
    expect(store.retention.advance(DAY_MS, NOON + DAY_MS)).toBe(NOON + DAY_MS)
    const ahead = Date.UTC(2082, 0)
    expect(store.retention.advance(DAY_MS, ahead)).toBe(NOON + 3 * DAY_MS)
    expect(store.retention.advance(0, ahead)).toBe(NOON + 3 * DAY_MS)
    // The clock is right again.
    expect(store.retention.advance(1, NOON + 2 * DAY_MS)).toBe(NOON + 2 * DAY_MS)
    store.close()
  })

  test('survives a restart, and a value that is none', () => {
    const directory = filled()
    const store = open(directory)
    store.retention.advance(3 * DAY_MS, NOON + 5 * DAY_MS)
    store.close()
    const again = open(directory)
    expect(again.retention.date()).toBe(NOON + 5 * DAY_MS)
    again.memory.save('retention', new Map([['date', 'soon']]))
    expect(again.retention.date()).toBe(NOON)
    again.close()
  })

  test('is never ahead of the clock, and never moves further than twice the time that ran', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(40 * DAY_MS), fc.integer({ min: -400 * DAY_MS, max: 60 * 365 * DAY_MS }))), (path) => {
        let [date, ran] = [NOON, 0]
        for (const [ranMs, errorMs] of path) {
          ran += ranMs
          date = advanced(date, ranMs, NOON + ran + errorMs)
          if (date > NOON + ran + errorMs || date > NOON + 2 * ran) return false
        }
        return true
      }),
    )
  })
})

describe('messages by SMS', () => {
  const pdus = Array.from({ length: 501 }, (_, n) => ({ hash: n.toString(16).padStart(64, '0'), pdu: '0791' }))
  const wordsOf = (store: Store): number => store.sms.list({ state: 'quarantine' }).filter(({ pdus: [pdu] }) => pdu!.pdu !== '').length

  test('lose their words after 14 days in slices, are known for 90, and stay while nothing became of them', () => {
    const store = open(filled())
    const [first, ...rest] = store.sms.keep(pdus, NOON)
    for (const { seq } of rest) store.sms.settle([seq], { state: 'quarantine', reason: 'nobody knows', meter: null })
    expect([purged(store, 14).sms, wordsOf(store)]).toEqual([0, 500])
    expect([purged(store, 15, { dryRun: true }).sms, wordsOf(store)]).toEqual([500, 500])
    expect(purged(store, 15)).toMatchObject({ sms: 500, mostInOne: 500 })
    expect([wordsOf(store), store.sms.waiting()]).toEqual([0, [{ ...first, pdu: '0791' }]])
    purged(store, 90)
    expect(store.sms.keep(pdus, NOON)).toEqual([])
    purged(store, 91)
    expect(store.sms.keep(pdus, NOON)).toHaveLength(500)
    store.close()
  })
})
