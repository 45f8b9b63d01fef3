import { describe, expect, test } from 'vitest'
import { type ManualClock, manualClock } from '../../src/clock.ts'
import { openStore } from '../../src/store/open.ts'
import type { Draft, Outbox } from '../../src/store/outbox/messages.ts'
import type { Store } from '../../src/store/store.ts'
import { NOON, reading, temporaryDirectory } from './state.ts'

const open = (directory = temporaryDirectory(), clock: ManualClock = manualClock(NOON)): Store => openStore({ directory, kek: null, clock })

const add = (outbox: Outbox, ...drafts: readonly Draft[]): void => {
  for (const draft of drafts) outbox.add(draft)
  outbox.flush()
}
const idsIn = (outbox: Outbox): readonly string[] => outbox.pending('mqtt', 'live', 1000).map(({ id }) => id)

describe('what is added', () => {
  test('comes out as it went in, with its seq and the time it was stored', () => {
    const store = open()
    const drafts = [reading('a'), { ...reading('b'), kind: 'event', meter: null, day: null, precedence: null }]
    const told: unknown[] = []
    store.outbox.onStored((messages) => told.push(...messages))
    add(store.outbox, ...drafts)
    const messages = drafts.map((draft, index) => ({ seq: index + 1, ...draft, storedAt: NOON }))
    expect(told).toEqual(messages)
    expect(store.outbox.pending('mqtt', 'live', 10)).toEqual(messages)
    store.close()
  })

  test('carries no time while the clock is unknown', () => {
    const store = open(temporaryDirectory(), manualClock(null))
    add(store.outbox, reading('a'))
    expect(store.outbox.pending('mqtt', 'live', 10)).toMatchObject([{ storedAt: null }])
    store.close()
  })

  test('is on disk after close', () => {
    const directory = temporaryDirectory()
    const store = open(directory)
    store.outbox.add(reading('a'))
    store.close()
    store.close()
    const again = open(directory)
    expect(idsIn(again.outbox)).toEqual([reading('a').id])
    again.close()
  })
})

describe('a draft is dropped', () => {
  test('if its id is stored with the same or a higher precedence, also by an earlier run', () => {
    const directory = temporaryDirectory()
    const store = open(directory)
    add(store.outbox, reading('a', { precedence: 5 }), reading('b', { precedence: 9 }))
    store.close()
    const again = open(directory)
    const told: unknown[] = []
    again.outbox.onStored((messages) => told.push(...messages))
    add(again.outbox, reading('a', { precedence: 5 }), reading('a', { precedence: 4 }), reading('b', { precedence: 8 }))
    expect([told, idsIn(again.outbox).length]).toEqual([[], 2])
    again.close()
  })

  test('if the same one waits already', () => {
    const store = open()
    add(store.outbox, reading('a'), reading('a'))
    expect(idsIn(store.outbox).length).toBe(1)
    store.close()
  })

  test('if it has no precedence and its id is stored', () => {
    const store = open()
    const event: Draft = { kind: 'event', id: 'e1', meter: null, day: null, precedence: null, body: '{}' }
    add(store.outbox, event, event, { ...event, id: 'e2' })
    expect(idsIn(store.outbox)).toEqual(['e1', 'e2'])
    store.close()
  })

  test('but not with a higher precedence, another content or another day', () => {
    const store = open()
    const drafts = [
      reading('a', { precedence: 5 }),
      reading('a', { precedence: 6 }),
      reading('b', { precedence: 1 }),
      reading('a', { precedence: 5, day: '2026-11-23' }),
      reading('a', { precedence: 5, meter: 'LUG-00000042' }),
    ]
    add(store.outbox, ...drafts)
    expect(idsIn(store.outbox)).toEqual(drafts.map(({ id }) => id))
    store.close()
  })
})

describe('readings', () => {
  const DAYS = ['2026-11-20', '2026-11-21', '2026-11-22']
  const METERS = ['KAM-07134347', 'LUG-00000042']
  const filled = (): Store => {
    const store = open()
    for (const meter of METERS) {
      for (const day of DAYS)
        add(store.outbox, reading('late', { meter, day, precedence: 3 }), reading('early', { meter, day, precedence: 7 }))
    }
    add(store.outbox, { kind: 'day.summary', id: 'summary', meter: null, day: '2026-11-22', precedence: null, body: '{}' })
    add(store.outbox, { kind: 'event', id: 'event', meter: METERS[0]!, day: '2026-11-22', precedence: null, body: '{}' })
    add(store.outbox, { kind: 'event', id: 'event', meter: METERS[0]!, day: null, precedence: null, body: '{}' })
    return store
  }
  const all = [...DAYS].reverse().flatMap((day) => METERS.flatMap((meter) => [7, 3].map((precedence) => ({ day, meter, precedence }))))

  test.each([
    ['everything: newest day first, by meter, highest precedence first', {}, () => true],
    ['a meter', { meter: METERS[1]! }, (row) => row.meter === METERS[1]],
    ['a day', { day: DAYS[1]! }, (row) => row.day === DAYS[1]],
    ['a meter and a day', { meter: METERS[0]!, day: DAYS[0]! }, (row) => row.meter === METERS[0] && row.day === DAYS[0]],
    ['from a day on', { from: DAYS[1]! }, (row) => row.day >= DAYS[1]!],
    ['up to a day', { to: DAYS[1]! }, (row) => row.day <= DAYS[1]!],
    [
      'a meter between two days',
      { meter: METERS[0]!, from: DAYS[1]!, to: DAYS[1]! },
      (row) => row.meter === METERS[0] && row.day === DAYS[1],
    ],
    ['days between which nothing is', { meter: METERS[0]!, from: '2026-11-23', to: '2026-11-30' }, () => false],
    ['a meter nobody knows', { meter: 'XXX-00000000' }, () => false],
  ] as const satisfies readonly (readonly [string, object, (row: (typeof all)[number]) => boolean])[])('of %s', (_, query, wanted) => {
    const store = filled()
    const found = store.outbox.readings(query)
    expect(found.map(({ day, meter, precedence }) => ({ day, meter, precedence }))).toEqual(all.filter(wanted))
    expect(store.outbox.readings({ ...query, limit: 1 })).toEqual(found.slice(0, 1))
    store.close()
  })

  test('can be read without writing', () => {
    const directory = temporaryDirectory()
    const store = open(directory)
    add(store.outbox, reading('a'))
    const reader = openStore({ directory, kek: null, clock: manualClock(NOON), readonly: true })
    expect(reader.outbox.readings({})).toEqual(store.outbox.readings({}))
    expect(reader.outbox.state('mqtt')).toMatchObject({ live: 1, everDelivered: false })
    reader.close()
    store.close()
  })
})
