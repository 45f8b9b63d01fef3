import { beforeEach, expect, test } from 'vitest'
import { type ManualClock, manualClock } from '../../src/clock.ts'
import type { EventFacts, EventName } from '../../src/events.ts'
import type { Parts } from '../../src/gateway/parts.ts'
import { startWatching } from '../../src/gateway/watching.ts'
import { silentLog } from '../../src/log.ts'
import { type Habit, heardAt } from '../../src/memory/habits.ts'
import { loadSmsSources, type SmsSources } from '../../src/memory/sms-sources.ts'
import { hourOfWeek } from '../../src/readings/day.ts'
import { openStore } from '../../src/store/open.ts'
import { temporaryDirectory } from '../store/state.ts'

const METER = 'KAM-07134347'
const HOUR = 3_600_000
/** In hours: as long as it takes to know which are usual. */
const WEEK = 168
const SINCE = Date.UTC(2026, 10, 23)
const timeZone = 'Europe/Copenhagen'
const ofWeek = (utcMs: number): number => hourOfWeek(utcMs, timeZone)

let clock: ManualClock
let habits: Map<string, Habit>
let sources: SmsSources
let told: [EventName, EventFacts?][]

/** A gateway of one meter that watches it, with `receiving` for its way by SMS or without one. */
const watch = (receiving: boolean | null): void => {
  const store = openStore({ directory: temporaryDirectory(), kek: null, clock })
  store.meters.put([{ meter: METER }])
  startWatching({
    ...{ clock, store, log: silentLog, config: { timeZone }, receivers: [], delivery: { state: () => [] } },
    tell: (event: EventName, facts?: EventFacts) => void told.push(facts ? [event, facts] : [event]),
    onStop: () => {},
    hearing: { habits: { meters: habits } },
    sms: receiving === null ? null : { sources, isReceiving: () => receiving },
  } as unknown as Parts)
}

const byRadio = (): void => void habits.set(METER, heardAt(habits.get(METER), clock.utcMs()!, 'mast', -70, ofWeek))
const bySms = (): void => sources.reported(METER, clock.utcMs()!)
const hourly = (hours: number, hear: () => void = () => {}): void => {
  for (let hour = 0; hour < hours; hour++) {
    hear()
    clock.advance(HOUR)
  }
}

beforeEach(() => {
  clock = manualClock(SINCE)
  habits = new Map()
  told = []
  const memory = openStore({ directory: temporaryDirectory(), kek: null, clock }).memory
  sources = loadSmsSources(memory, silentLog, ofWeek)
})

test('a meter that is silent on the air and reports by SMS is not silent', () => {
  watch(true)
  hourly(WEEK, byRadio)
  hourly(48, bySms)
  expect(told).toEqual([])
})

test('without a way by SMS, the same meter is', () => {
  watch(null)
  hourly(WEEK, byRadio)
  hourly(48, bySms)
  expect(told).toEqual([['meter.silent', expect.objectContaining({ meter: METER, receiver: 'mast' })]])
})

test.each([
  [true, 'removed'],
  [false, 'receiver'],
])('one that reported by SMS alone and falls silent is told: messages come in is %s, it is %s', (receiving, likely) => {
  watch(receiving)
  hourly(WEEK, bySms)
  hourly(WEEK)
  expect(told).toEqual([['meter.silent', expect.objectContaining({ meter: METER, receiver: 'sms', likely })]])
})
