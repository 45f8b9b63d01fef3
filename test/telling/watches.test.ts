import { afterEach, describe, expect, test } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import type { SinkStatus } from '../../src/delivery.ts'
import type { EventFacts, EventName } from '../../src/events.ts'
import { silentLog } from '../../src/log.ts'
import type { Outcome } from '../../src/outcome.ts'
import type { SilentMeter } from '../../src/reports/silent.ts'
import type { Store } from '../../src/store/store.ts'
import { watchConditions } from '../../src/telling/conditions.ts'
import { watchSilentMeters } from '../../src/telling/silence.ts'
import { watchSinks } from '../../src/telling/sinks.ts'
import { hardware, openBox } from '../cli/boxes.ts'

const told: [EventName, EventFacts?][] = []
const tell = (event: EventName, facts?: EventFacts): void => void told.push(facts ? [event, facts] : [event])
const since = (): [EventName, EventFacts?][] => told.splice(0)
let store: Store | undefined
afterEach(() => {
  store?.close()
  store = undefined
  told.length = 0
})

describe('a way out', () => {
  const start = () => {
    const clock = manualClock(null)
    let state: Partial<SinkStatus> = {}
    const quiet = {
      sink: 'mqtt',
      live: 0,
      backlog: 0,
      held: 0,
      refused: 0,
      everDelivered: true,
      connected: true,
      since: null,
      trouble: null,
    }
    const look = watchSinks(clock, () => [{ ...quiet, ...state }], tell)
    return (minutes: number, at: (minute: number) => Partial<SinkStatus>): void => {
      for (let minute = 0; minute < minutes; minute++) {
        state = at(minute)
        look()
        clock.advance(60_000)
      }
    }
  }

  test('that takes nothing for an hour is told once, and when it takes again', () => {
    const pass = start()
    const away = (minute: number) => ({ connected: false, live: minute + 1, trouble: { reason: 'nothing listens', at: null } })
    pass(59, away)
    expect(since()).toEqual([])
    pass(200, away)
    expect(since()).toEqual([['sink.backlog', expect.objectContaining({ sink: 'mqtt', connected: false, reason: 'nothing listens' })]])
    pass(3, (minute) => ({ backlog: 100 - minute }))
    expect(since().map(([event]) => event)).toEqual(['sink.back'])
    pass(61, () => ({ connected: false, live: 5 }))
    expect(since().map(([event]) => event)).toEqual(['sink.backlog'])
  })

  test('that works off a long backlog, or has nothing to send, is not', () => {
    const pass = start()
    pass(300, (minute) => ({ backlog: 10_000 - minute }))
    pass(300, () => ({ connected: false }))
    expect(since()).toEqual([])
  })

  test('that refuses for good is told each time', () => {
    const pass = start()
    pass(3, (minute) => ({ refused: minute }))
    expect(since().map(([event, facts]) => [event, facts?.['refused']])).toEqual([
      ['sink.refused', 1],
      ['sink.refused', 2],
    ])
  })
})

test('meters that fall silent and come back are told once; what was silent before the start is not', () => {
  const silent = (meter: string) => ({ meter, reason: 'battery', receiver: 'mast', lastHeard: 'then', hoursMissed: 7 }) as SilentMeter
  let now: readonly SilentMeter[] | null = null
  const look = watchSilentMeters(() => now, tell)
  look()
  now = [silent('KAM-1')]
  look()
  expect(since()).toEqual([])
  now = [silent('KAM-1'), silent('KAM-2')]
  look()
  look()
  expect(since()).toEqual([['meter.silent', { meter: 'KAM-2', receiver: 'mast', likely: 'battery', lastHeard: 'then', hoursMissed: 7 }]])
  now = [silent('KAM-2')]
  look()
  expect(since()).toEqual([['meter.back', { meter: 'KAM-1' }]])
})

test('what meters report is told when it changes, also across a restart, and never with a value', () => {
  const box = hardware()
  store = openBox(box)
  const heard = (...conditions: string[]): Outcome =>
    ({ kind: 'observation', observation: { meter: 'KAM-07134347', status: { code: '8', conditions } } }) as unknown as Outcome
  const first = watchConditions(store.memory, tell, silentLog)
  first.outcome!(heard())
  first.outcome!(heard('leak', 'air in the pipe'))
  first.outcome!(heard('air in the pipe', 'leak'))
  expect(since()).toEqual([['meter.condition', { meter: 'KAM-07134347', conditions: 'air in the pipe; leak' }]])
  const second = watchConditions(store.memory, tell, silentLog)
  second.outcome!(heard('leak', 'air in the pipe'))
  expect(since()).toEqual([])
  second.outcome!(heard())
  expect(since()).toEqual([['meter.well', { meter: 'KAM-07134347' }]])
  expect(store.memory.load('conditions').size).toBe(0)
})
