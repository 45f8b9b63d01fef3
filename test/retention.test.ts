import { expect, test } from 'vitest'
import { type ManualClock, manualClock } from '../src/clock.ts'
import { silentLog } from '../src/log.ts'
import { startRetention } from '../src/retention.ts'
import { openStore } from '../src/store/open.ts'
import type { Store } from '../src/store/store.ts'
import { NOON, reading, temporaryDirectory } from './store/state.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const KEEP = { confirmed: 90 * DAY_MS, unconfirmed: 400 * DAY_MS, telegrams: 2 * DAY_MS, sms: 14 * DAY_MS, salvaged: 30 * DAY_MS }
const RULE = { sinks: ['mqtt'], receipts: ['mqtt'], keep: KEEP }

const start = (directory = temporaryDirectory(), clock: ManualClock = manualClock(NOON)) => {
  const store = openStore({ directory, kek: null, clock })
  store.outbox.expectReceipts(['mqtt'])
  const told: unknown[] = []
  const steps: number[] = []
  let health: ReturnType<Store['health']> = store.health()
  const watched = {
    ...store,
    health: () => health,
    retention: {
      ...store.retention,
      step: (...args: Parameters<Store['retention']['step']>) => {
        steps.push(clock.monotonicMs())
        return store.retention.step(...args)
      },
    },
  }
  const begin = () =>
    startRetention({
      clock,
      log: silentLog,
      tell: (event, facts) => void told.push([event, facts]),
      store: watched,
      rule: RULE,
      closedBy: (utcMs) => new Date(utcMs - 26 * HOUR_MS).toISOString().slice(0, 10),
    })
  const fill = (count: number): void => {
    for (let n = 0; n < count; n++) store.outbox.add(reading(`r${n}`, { meter: `KAM-${String(n).padStart(8, '0')}` }))
    store.outbox.flush()
  }
  /** The time passes without its timers, and retention knows. */
  const age = (days: number): void => {
    clock.setUtc(clock.utcMs()! + days * DAY_MS)
    store.retention.advance(days * DAY_MS, clock.utcMs()!)
  }
  const left = (): number => store.outbox.pending('onlooker', 'live', 10_000).length
  return {
    directory,
    clock,
    store,
    told,
    steps,
    begin,
    fill,
    age,
    left,
    become: (state: 'ok' | 'full'): void => {
      health = { ...health, state }
    },
  }
}

test('what is over its time goes by itself, in slices with time between, and what is lost is told once', () => {
  const box = start()
  const { clock, told, steps, begin, fill, age, left, store } = box
  fill(1200)
  const retention = begin()
  age(399)
  clock.advance(20 * HOUR_MS)
  expect([left(), told]).toEqual([1200, []])
  steps.length = 0
  clock.advance(2 * DAY_MS)
  expect(left()).toBe(0)
  expect(told).toEqual([['readings.lost', { lost: 1200, ever: 1200 }]])
  expect(retention.state()).toMatchObject({ lost: 1200, last: { removed: {} } })
  expect(new Set(steps).size).toBe(steps.length)
  retention.stop()
  store.close()
})

test('a clock that is years ahead deletes nothing, also after restarts, and everything is as it was when it is right again', () => {
  for (const aheadDays of [800, 56 * 365]) {
    const { clock, store, begin, fill, left, told } = start()
    fill(10)
    const before = begin()
    clock.advance(2 * DAY_MS)
    clock.setUtc(NOON + aheadDays * DAY_MS)
    clock.advance(2 * DAY_MS)
    before.stop()
    for (let n = 0; n < 3; n++) {
      const again = begin()
      clock.advance(DAY_MS)
      again.stop()
    }
    expect([left(), told]).toEqual([10, []])
    expect(store.retention.date()).toBeLessThanOrEqual(NOON + 12 * DAY_MS)
    clock.setUtc(NOON + 7 * DAY_MS)
    const right = begin()
    clock.advance(2 * HOUR_MS)
    expect(Date.parse(right.state().date!)).toBe(NOON + 7 * DAY_MS + 2 * HOUR_MS)
    right.stop()
    store.close()
  }
})

test('nothing goes while the time is not known or the disk is in trouble', () => {
  const { clock, store, steps, become, begin, fill, age, left } = start()
  fill(10)
  age(410)
  const retention = begin()
  clock.setUtc(null)
  clock.advance(2 * DAY_MS)
  clock.setUtc(NOON + 412 * DAY_MS)
  become('full')
  clock.advance(2 * DAY_MS)
  expect([steps, left()]).toEqual([[], 10])
  become('ok')
  clock.advance(2 * HOUR_MS)
  expect(left()).toBe(0)
  retention.stop()
  store.close()
})

test('a purge that is stopped in the middle is taken up after the next start', () => {
  const { clock, store, begin, fill, age, left } = start()
  fill(1200)
  age(402)
  const first = begin()
  clock.advance(HOUR_MS - 10)
  for (let n = 0; left() === 1200 && n < 100; n++) clock.advance(10)
  first.stop()
  clock.advance(DAY_MS)
  expect(left()).toBe(700)
  const second = begin()
  clock.advance(DAY_MS)
  expect([left(), store.retention.lost().ever]).toEqual([0, 1200])
  second.stop()
  store.close()
})

test('telegrams go by the hour', () => {
  const { clock, store, begin, fill } = start()
  fill(1)
  const retention = begin()
  store.telegrams.keep([{ meter: 'KAM-00000000', day: '2026-11-22', heardAt: NOON, crc: 'A', bytes: Uint8Array.of(1) }])
  clock.advance(2 * DAY_MS - HOUR_MS)
  expect(store.telegrams.list({}).length).toBe(1)
  clock.advance(2 * HOUR_MS)
  expect(store.telegrams.list({}).length).toBe(0)
  retention.stop()
  store.close()
})
