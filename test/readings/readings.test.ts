import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { type ManualClock, manualClock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import { whenGone } from '../../src/memory/gone.ts'
import type { Timed } from '../../src/readings/candidate.ts'
import type { DailyReading } from '../../src/readings/daily-reading.ts'
import { endOfDay, startOfDay } from '../../src/readings/day.ts'
import { openStore } from '../../src/store/open.ts'
import type { Memory } from '../../src/store/store.ts'
import { hear, precedences, start, TOLERANCE } from './harness.ts'
import { COPENHAGEN, HOUR, METERS, MINUTE, memoryInRam, observation } from './observations.ts'

describe('days close', () => {
  const monday = startOfDay('2026-11-23', COPENHAGEN)
  const noon = monday + 12 * HOUR

  it('each in order when the clock jumps several days ahead', () => {
    const clock = manualClock(noon)
    const sent: DailyReading[] = []
    const readings = start(clock, memoryInRam(), sent)
    readings.offer(observation(noon, 1))
    hear(readings, clock, observation(noon + 13 * HOUR, 2))
    clock.setUtc(noon + 10 * 24 * HOUR)
    clock.advance(MINUTE)
    expect(sent.map((r) => [r.day, r.registers['energy']?.value])).toEqual([
      ['2026-11-23', '1'],
      ['2026-11-24', '2'],
    ])
    clock.advance(5 * 24 * HOUR)
    expect(sent).toHaveLength(2)
  })

  it('at the start where they ended while the daemon was down', () => {
    const memory = memoryInRam()
    const before = start(manualClock(noon), memory, [])
    before.offer(observation(noon, 1))
    before.stop()
    const sent: DailyReading[] = []
    const clock = manualClock(noon + 40 * HOUR)
    start(clock, memory, sent)
    expect(sent.map((r) => r.day)).toEqual(['2026-11-23'])
    start(clock, memory, sent)
    expect(sent).toHaveLength(1)
  })

  it('as soon as the clock is known, and nothing is made of what was heard before', () => {
    const memory = memoryInRam()
    const before = start(manualClock(noon), memory, [])
    before.offer(observation(noon, 1))
    before.stop()
    const clock = manualClock(null)
    const sent: DailyReading[] = []
    const readings = start(clock, memory, sent)
    readings.offer({ ...observation(0, 7), heard: { bootId: 'boot', monotonicMs: 5, utcMs: null } })
    clock.advance(HOUR)
    expect(sent).toEqual([])
    expect(readings.state()).toMatchObject({ closed: '2026-11-22', ignored: { 'no-time': 1 } })
    clock.setUtc(noon + 20 * HOUR)
    clock.advance(MINUTE)
    expect(sent.map((r) => r.registers['energy']?.value)).toEqual(['1'])
  })

  it.each([2, 2.5, 3, 20])('once, though the clock steps back %d h after the close', (hours) => {
    const clock = manualClock(noon)
    const sent: DailyReading[] = []
    const readings = start(clock, memoryInRam(), sent)
    readings.offer(observation(noon, 1))
    clock.advanceTo(monday + 26.5 * HOUR)
    expect(sent).toHaveLength(1)
    clock.setUtc(monday + (26.5 - hours) * HOUR)
    for (let h = 0; h < hours; h++) {
      hear(readings, clock, observation(clock.utcMs()!, 2))
      clock.advance(HOUR)
    }
    clock.advance(3 * HOUR)
    expect(sent).toHaveLength(1)
  })

  it('again, and with better evidence, after a clock 56 years ahead was put right', () => {
    const clock = manualClock(noon)
    const sent: DailyReading[] = []
    const readings = start(clock, memoryInRam(), sent)
    readings.offer(observation(noon, 1))
    clock.setUtc(Date.UTC(2082, 0, 1))
    clock.advance(MINUTE)
    readings.offer(observation(clock.utcMs()!, 1))
    clock.setUtc(noon + MINUTE)
    clock.advance(MINUTE)
    expect(readings.state()).toMatchObject({ open: [], closed: '2026-11-22' })
    hear(readings, clock, observation(monday + 24 * HOUR - 1000, 2))
    clock.advance(4 * HOUR)
    expect(sent.map((r) => [r.day, r.evidence.kind])).toEqual([
      ['2026-11-23', 'early'],
      ['2026-11-23', 'boundary'],
    ])
    expect(sent[1]!.precedence).toBeGreaterThan(sent[0]!.precedence)
    clock.advance(100 * 24 * HOUR)
    expect(sent).toHaveLength(2)
  })
})

describe('an observation', () => {
  const midnight = endOfDay('2026-11-23', COPENHAGEN)
  const state = (...heard: Timed[]) => {
    const clock = manualClock(midnight + HOUR)
    const readings = start(clock, memoryInRam(), [])
    for (const o of heard) readings.offer(o)
    return readings.state()
  }

  it('right after midnight speaks for both days, a later one for its own', () => {
    expect(state(observation(midnight + TOLERANCE, 1)).open.map((d) => d.day)).toEqual(['2026-11-23', '2026-11-24'])
    expect(state(observation(midnight + TOLERANCE + 1, 1)).open.map((d) => d.day)).toEqual(['2026-11-24'])
  })

  it('without a register, of a stranger or of a day that has closed is counted and no more', () => {
    const flow = observation(midnight, 0, { measurements: [{ name: 'flowRate', kind: 'momentary', raw: 1, exponent: 0, unit: 'm3/h' }] })
    const s = state(flow, observation(midnight, 1, { meter: 'KAM-99999999' }), observation(midnight - 36 * 24 * HOUR, 1))
    expect(s.open).toEqual([])
    expect(s.ignored).toEqual({ 'no-time': 0, 'no-register': 1, unlisted: 1, late: 1 })
  })

  it('that no reading can be made of does not cost the others theirs', () => {
    const clock = manualClock(midnight)
    const sent: DailyReading[] = []
    const said: object[] = []
    const readings = start(clock, memoryInRam(), sent, { log: { ...silentLog, error: (fields) => said.push(fields) } })
    readings.offer(observation(midnight, Number.NaN, { meter: METERS[0]! }))
    readings.offer(observation(midnight, 5, { meter: METERS[1]! }))
    clock.advance(2 * HOUR)
    expect(sent.map((r) => r.meter.id)).toEqual(['07134348'])
    expect(said).toMatchObject([{ meter: METERS[0], day: '2026-11-23' }])
  })
})

describe('the candidates are written', () => {
  const noon = Date.UTC(2026, 10, 23, 11)

  it('so that a crash after the quarter of an hour costs the day nothing', () => {
    const clock = manualClock(noon)
    const memory = memoryInRam()
    const crashing = start(clock, memory, [])
    hear(crashing, clock, observation(noon + 12 * HOUR + 4000, 1))
    clock.advanceTo(noon + 12 * HOUR + TOLERANCE)
    const sent: DailyReading[] = []
    start(clock, memory, sent)
    clock.advance(2 * HOUR)
    expect(precedences(sent)).toEqual([['2026-11-23 KAM-07134347', 2999995]])
  })

  it('every six hours, as soon as the day cannot get better, when it closes and at the stop', () => {
    const clock = manualClock(noon)
    const memory = memoryInRam()
    const readings = start(clock, memory, [])
    const written: string[] = []
    const save = memory.save
    memory.save = (kind, entries) => {
      if (kind === 'candidate') written.push(new Date(clock.utcMs()!).toISOString().slice(8, 16))
      save.call(memory, kind, entries)
    }
    clock.every(7 * MINUTE, () => readings.offer(observation(clock.utcMs()!, 1)))
    clock.advance(15 * HOUR)
    readings.stop()
    expect(written).toEqual(['23T17:00', '23T23:00', '23T23:15', '24T01:00', '24T02:00'])
  })
})

describe('with a real store', () => {
  const directories: string[] = []
  afterEach(() => {
    for (const directory of directories.splice(0)) rmSync(directory, { recursive: true })
  })
  const open = (clock: ManualClock) => {
    const directory = mkdtempSync(join(tmpdir(), 'varmesky-readings-'))
    directories.push(directory)
    const store = openStore({ directory, kek: null, clock })
    store.meters.put(METERS.map((meter) => ({ meter, installation: '4711-02' })))
    return store
  }

  it('a crash between storing a day and forgetting its candidates stores it once', () => {
    const clock = manualClock(Date.UTC(2026, 10, 23, 11))
    const store = open(clock)
    const options = { meters: store.meters, emit: store.outbox.add, flush: store.outbox.flush }
    const crashing: Memory = { load: store.memory.load, save: () => expect.unreachable() }
    const readings = start(clock, store.memory, [], options)
    for (const meter of METERS) readings.offer(observation(clock.utcMs()!, 1, { meter }))
    readings.stop()
    clock.advance(24 * HOUR)
    start(clock, crashing, [], options)
    expect(store.outbox.readings({})).toHaveLength(METERS.length)
    start(clock, store.memory, [], options)
    const stored = store.outbox.readings({})
    expect(stored.map((m) => m.meter)).toEqual([...METERS].sort())
    expect(JSON.parse(stored[0]!.body)).toMatchObject({ day: '2026-11-23', meter: { installation: '4711-02' } })
    expect([...store.memory.load('candidate').keys()]).toEqual(['closed'])
    store.close()
  })

  it('a meter that is removed is forgotten', () => {
    const clock = manualClock(Date.UTC(2026, 10, 23, 11))
    const store = open(clock)
    const sent: DailyReading[] = []
    const readings = start(clock, store.memory, sent, { meters: store.meters })
    for (const meter of METERS) readings.offer(observation(clock.utcMs()!, 1, { meter }))
    whenGone(store.meters, readings.forget)
    store.meters.remove(METERS[0]!)
    expect(readings.state().open[0]?.meters).toBe(METERS.length - 1)
    clock.advance(24 * HOUR)
    expect(sent.map((r) => r.meter.id)).toEqual(['07134348', '00000001'])
    store.close()
  })

  it('a day waits for a disk that refuses, and its readings are emitted once', () => {
    const clock = manualClock(Date.UTC(2026, 10, 23, 11))
    const sent: DailyReading[] = []
    let full = true
    const memory = memoryInRam()
    const readings = start(clock, memory, sent, { flush: () => !full })
    readings.offer(observation(clock.utcMs()!, 1))
    clock.advance(24 * HOUR)
    expect(readings.state().open).toHaveLength(1)
    full = false
    clock.advance(MINUTE)
    expect(readings.state()).toMatchObject({ open: [], closed: '2026-11-23' })
    expect(sent).toHaveLength(1)
  })
})
