import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ManualClock, manualClock } from '../../src/clock.ts'
import type { Measurement, Observation } from '../../src/decoders/observation.ts'
import { boundaryOf, evidenceOf, type Timed } from '../../src/readings/candidate.ts'
import { dailyReading } from '../../src/readings/close.ts'
import type { DailyReading } from '../../src/readings/daily-reading.ts'
import { endOfDay, nextDay, startOfDay } from '../../src/readings/day.ts'
import type { Readings } from '../../src/readings/readings.ts'
import { hear, start, TOLERANCE } from './harness.ts'
import { COPENHAGEN, energyOf, HOUR, MINUTE, memoryInRam, observation } from './observations.ts'

type Dates = NonNullable<Observation['dates']>
const STANDARD: Dates = { clock: 'standard', stamp: 'start' }
const volume: Measurement = { name: 'volume', kind: 'register', raw: 5, exponent: 0, unit: 'm3' }
const hours: Measurement = { name: 'operatingTime', kind: 'register', raw: 9, exponent: 0, unit: 'h' }
const storedOf = ({ name, unit }: Measurement, raw: number, date: string): Measurement => ({
  name: `stored${name}`,
  kind: 'historic',
  raw,
  exponent: 0,
  unit,
  date,
  of: name,
})
const stored = (kWh: number, date: string): Measurement => storedOf(energyOf(0), kWh, date)

const telling = (utcMs: number, date: string, dates: Dates | undefined, more: Partial<Observation> = {}): Timed =>
  observation(utcMs, 100, { measurements: [energyOf(100), stored(90, date)], ...(dates && { dates }), ...more })
const kindOf = (o: Timed, day: string) => evidenceOf(o, boundaryOf(day, COPENHAGEN, TOLERANCE))?.kind ?? null
/** Ten hours after the day. */
const nextMorning = (day: string): number => endOfDay(day, COPENHAGEN) + 10 * HOUR

describe('what the meter stored speaks for a day', () => {
  it.each([
    ['in winter, when standard time is the time', '2026-11-01', STANDARD, '2026-10-31', 'meter-stored'],
    ['not in summer, when its midnight is 01:00', '2026-08-01', STANDARD, '2026-07-31', null],
    ['of 24 October: its midnight is 01:00 summer time', '2026-10-25', STANDARD, '2026-10-24', null],
    ['of 25 October: its midnight is midnight again', '2026-10-26', STANDARD, '2026-10-25', 'meter-stored'],
    ['of 28 March: still winter', '2026-03-29', STANDARD, '2026-03-28', 'meter-stored'],
    ['of 29 March: its midnight is 01:00', '2026-03-30', STANDARD, '2026-03-29', null],
    ['of 29 March: its 23:00 is midnight', '2026-03-29T23:00', STANDARD, '2026-03-29', 'meter-stored'],
    ['of 29 March by a clock with summer time', '2026-03-30', { clock: 'local', stamp: 'start' }, '2026-03-29', 'meter-stored'],
    ['of a leap day, the date meaning its end', '2028-02-29', { clock: 'standard', stamp: 'end' }, '2028-02-29', 'meter-stored'],
    ['not by a minute', '2026-11-01T00:01', STANDARD, '2026-10-31', null],
    ['not by a second', '2026-11-01T00:00:01', STANDARD, '2026-10-31', null],
    [
      'with its time, whatever a bare date means',
      '2026-11-01T00:00',
      { clock: 'standard', stamp: 'unknown' },
      '2026-10-31',
      'meter-stored',
    ],
    ['not where a bare date may mean either end', '2026-11-01', { clock: 'standard', stamp: 'unknown' }, '2026-10-31', null],
    ['not where nobody says which clock it keeps', '2026-11-01', undefined, '2026-10-31', null],
    ['not with a date that does not exist', '2026-02-30', { clock: 'standard', stamp: 'end' }, '2026-03-01', null],
  ] as const)('%s', (_, date, dates, day, kind) => {
    expect(kindOf(telling(nextMorning(day), date, dates), day)).toBe(kind)
  })

  const day = '2026-10-31'
  const at = (more: Partial<Observation>): string | null => kindOf(telling(nextMorning(day), '2026-11-01', STANDARD, more), day)

  it('not if the meter’s own clock is off', () => {
    expect(at({ meterTime: '2026-11-01T10:10' })).toBe('meter-stored')
    expect(at({ meterTime: '2026-11-01T10:17' })).toBeNull()
    expect(at({ meterTime: '2026-11-01T09:44' })).toBe('meter-stored')
    expect(at({ meterTime: '2026-11-01T09:43' })).toBeNull()
    expect(at({ meterTime: '2026-11-01' })).toBe('meter-stored')
    expect(at({ meterTime: '2026-10-31' })).toBeNull()
  })

  it('not before that moment has come', () => {
    expect(kindOf(telling(endOfDay(day, COPENHAGEN) - 16 * MINUTE, '2026-11-01', STANDARD), day)).toBe('early')
  })

  it('not if it contradicts itself, and not without what is billed', () => {
    expect(at({ measurements: [energyOf(100), stored(90, '2026-11-01'), { ...stored(91, '2026-11-01'), name: 'month1' }] })).toBeNull()
    expect(at({ measurements: [energyOf(100), volume, stored(90, '2026-11-01')] })).toBeNull()
    expect(at({ measurements: [hours, storedOf(hours, 9, '2026-11-01')] })).toBeNull()
  })

  it('whole better than anything heard; without some register better than what is early only', () => {
    const boundary = boundaryOf(day, COPENHAGEN, TOLERANCE)
    const precedence = (o: Timed) => evidenceOf(o, boundary)?.precedence
    const [whole, partly] = [telling(nextMorning(day), '2026-11-01', STANDARD), telling(nextMorning(day), '2026-11-01', STANDARD)].map(
      (o, i) => (i === 0 ? o : { ...o, measurements: [...o.measurements, hours] }),
    ) as [Timed, Timed]
    expect(precedence(whole)).toBe(3_999_999)
    expect(precedence(partly)).toBe(2_000_000)
    expect(precedence(observation(boundary.utcMs - TOLERANCE, 1))).toBeGreaterThan(2_000_000)
    expect(precedence(observation(boundary.utcMs - TOLERANCE - 1, 1))).toBeLessThan(2_000_000)
  })
})

describe('the message', () => {
  const context = { gateway: 'vest', installation: null, quality: () => ({ state: 'valid', flags: [] }) as const }
  const day = '2026-10-31'
  const heard = telling(nextMorning(day), '2026-11-01', STANDARD, {
    measurements: [
      { ...energyOf(100), obis: '6-0:1.0.0*255' },
      { name: 'flowRate', kind: 'momentary', raw: 3, exponent: 0, unit: 'm3/h' },
      stored(90, '2026-11-01'),
      { ...stored(80, '2026-08-01'), name: 'energyMonth3' },
    ],
    status: { code: '8', conditions: ['air'] },
  })
  const include = ['registers', 'status', 'momentary', 'stored'] as const

  it('of what was stored says nothing of another moment', () => {
    const reading = dailyReading(heard, {
      ...context,
      include: ['registers', 'status', 'momentary'],
      boundary: boundaryOf(day, COPENHAGEN, TOLERANCE),
    })
    expect(reading).toMatchObject({
      registers: { energy: { value: '90', unit: 'kWh', obis: '6-0:1.0.0*255' } },
      evidence: {
        kind: 'meter-stored',
        observedAt: '2026-10-31T23:00:00Z',
        offsetSeconds: 0,
        clock: 'meter',
        heardAt: '2026-11-01T09:00:00Z',
      },
      precedence: 3_999_999,
    })
    for (const part of ['momentary', 'status', 'stored']) expect(reading).not.toHaveProperty(part)
  })

  it('names every stored value with its date, and its instant where the type says it', () => {
    const boundary = boundaryOf('2026-11-01', COPENHAGEN, TOLERANCE)
    const storedIn = (o: Timed) => dailyReading(o, { ...context, include, boundary }).stored
    expect(storedIn(heard)).toEqual({
      storedenergy: { value: '90', unit: 'kWh', date: '2026-11-01', at: '2026-10-31T23:00:00Z' },
      energyMonth3: { value: '80', unit: 'kWh', date: '2026-08-01', at: '2026-07-31T23:00:00Z' },
    })
    const { dates: _, ...unsaid } = heard
    expect(storedIn(unsaid as Timed)?.['storedenergy']).toEqual({ value: '90', unit: 'kWh', date: '2026-11-01' })
  })
})

describe('evidence that comes late', () => {
  const day = '2026-10-31'
  const endMs = endOfDay(day, COPENHAGEN)
  const open = (clock: ManualClock, sent: DailyReading[], memory = memoryInRam()): Readings => start(clock, memory, sent)
  const told = (sent: readonly DailyReading[]) => sent.filter((r) => r.day === day).map((r) => [r.evidence.kind, r.precedence])
  const EARLY = ['early', 1_999_999 - 12 * 3600]
  const STORED = ['meter-stored', 3_999_999]

  it('before the close is the reading of the day, once', () => {
    const clock = manualClock(endMs - 12 * HOUR)
    const sent: DailyReading[] = []
    const readings = open(clock, sent)
    hear(readings, clock, observation(endMs - 12 * HOUR, 80))
    hear(readings, clock, telling(endMs + HOUR, '2026-11-01', STANDARD))
    clock.advance(2 * HOUR)
    hear(readings, clock, telling(endMs + 4 * HOUR, '2026-11-01', STANDARD))
    expect(told(sent)).toEqual([STORED])
  })

  it('after the close is sent again with a higher precedence, once, also after a restart', () => {
    const clock = manualClock(endMs - 12 * HOUR)
    const sent: DailyReading[] = []
    const memory = memoryInRam()
    const readings = open(clock, sent, memory)
    hear(readings, clock, observation(endMs - 12 * HOUR, 80))
    for (const h of [5, 6, 30]) hear(readings, clock, telling(endMs + h * HOUR, '2026-11-01', STANDARD))
    readings.stop()
    const again = open(clock, sent, memory)
    hear(again, clock, telling(endMs + 40 * HOUR, '2026-11-01', STANDARD))
    expect(told(sent)).toEqual([EARLY, STORED])
    expect(sent.find((r) => r.precedence === 3_999_999)).toMatchObject({ registers: { energy: { value: '90' } }, quality: { flags: [] } })
  })

  it('heard by a network at the boundary and handed over hours later counts', () => {
    const clock = manualClock(endMs - 12 * HOUR)
    const sent: DailyReading[] = []
    const readings = open(clock, sent)
    hear(readings, clock, observation(endMs - 12 * HOUR, 80))
    clock.advance(20 * HOUR)
    for (const s of [-100, 30, -200]) readings.offer(observation(endMs + s * 1000, 85, { path: 'sms' }))
    expect(told(sent)).toEqual([EARLY, ['boundary', 2_999_899], ['boundary', 2_999_969]])
    expect(readings.state().ignored.late).toBe(1)
  })

  it('does not count while the clock is put back before the close', () => {
    const clock = manualClock(endMs - 12 * HOUR)
    const sent: DailyReading[] = []
    const readings = open(clock, sent)
    hear(readings, clock, observation(endMs - 12 * HOUR, 80))
    clock.advance(15 * HOUR)
    clock.setUtc(endMs - 5 * MINUTE)
    readings.offer(observation(endMs - 5 * MINUTE, 86))
    expect(told(sent)).toEqual([EARLY])
    expect(readings.state().ignored.late).toBe(1)
  })

  it('of a day before the meter was registered, or long ago, is no reading', () => {
    const clock = manualClock(nextMorning('2026-12-20'))
    const sent: DailyReading[] = []
    const meters = {
      get: (meter: string) => ({ meter, label: null, installation: null, plain: null, keyCheck: null, addedAt: '2026-12-02T00:00:00Z' }),
    }
    const readings = start(clock, memoryInRam(), sent, { meters: meters as never })
    readings.offer(telling(clock.utcMs()!, '2026-12-01', STANDARD))
    expect(sent).toEqual([])
    const old = open(clock, sent)
    old.offer(telling(clock.utcMs()!, '2026-11-01', STANDARD))
    expect(sent).toEqual([])
    old.offer(telling(clock.utcMs()!, '2026-12-01', STANDARD))
    expect(sent.map((r) => r.day)).toEqual(['2026-11-30'])
  })

  it('does not go against a correction', () => {
    const clock = manualClock(endMs - 12 * HOUR)
    const sent: DailyReading[] = []
    const readings = open(clock, sent)
    hear(readings, clock, observation(endMs - 12 * HOUR, 80))
    clock.advance(20 * HOUR)
    sent.push({ ...sent[0]!, precedence: 11_935_950 })
    readings.offer(telling(clock.utcMs()!, '2026-11-01', STANDARD))
    expect(told(sent)).toHaveLength(2)
  })
})

/** Stored dates and the day that ends exactly then by standard time, in plain words. */
const DAYS: Readonly<Record<string, Readonly<Record<string, string | null>>>> = {
  '2026-03-28': { '2026-03-29': '2026-03-28', '2026-03-30': null, '2026-03-29T23:00': '2026-03-29', '2026-03-28': '2026-03-27' },
  '2026-10-24': { '2026-10-25': null, '2026-10-24T23:00': '2026-10-24', '2026-10-26': '2026-10-25' },
  '2028-02-28': { '2028-02-29': '2028-02-28', '2028-03-01': '2028-02-29', '2028-03-01T01:00': null },
}

describe.each(Object.keys(DAYS))('two gateways in the days from %s', (first) => {
  const second = nextDay(first)
  const [fromMs, toMs] = [startOfDay(first, COPENHAGEN), endOfDay(second, COPENHAGEN)]
  const midnights = [endOfDay(first, COPENHAGEN), toMs]
  const one = fc.record({
    utcMs: fc.oneof(
      fc.integer({ min: fromMs + HOUR, max: toMs + 6 * HOUR }),
      fc.tuple(fc.constantFrom(...midnights), fc.integer({ min: -20 * MINUTE, max: 20 * MINUTE })).map(([at, by]) => at + by),
    ),
    kWh: fc.nat(9),
    date: fc.option(fc.constantFrom(...Object.keys(DAYS[first]!))),
    partly: fc.boolean(),
    arrivals: fc.array(fc.record({ gateway: fc.nat(1), delayMs: fc.oneof(fc.constant(0), fc.nat(60 * HOUR)) }), {
      minLength: 1,
      maxLength: 3,
    }),
  })
  const restarts = fc.array(fc.integer({ min: fromMs, max: toMs + 60 * HOUR }), { maxLength: 3 })

  const heardAs = ({ utcMs, kWh, date, partly }: { utcMs: number; kWh: number; date: string | null; partly: boolean }): Timed =>
    observation(utcMs, kWh, {
      measurements: [energyOf(kWh), ...(partly ? [hours] : []), ...(date === null ? [] : [stored(kWh + 100, date)])],
      dates: STANDARD,
    })

  /** In the plainest words: the best there is for each day, from all that arrived anywhere. */
  const best = (all: readonly { utcMs: number; date: string | null; partly: boolean }[]) => {
    const scores: Record<string, number> = {}
    const score = (day: string, value: number): void => {
      scores[day] = Math.max(scores[day] ?? 0, value)
    }
    for (const { utcMs, date, partly } of all) {
      for (const day of [first, second, nextDay(second)]) {
        const [begin, end] = [startOfDay(day, COPENHAGEN), endOfDay(day, COPENHAGEN)]
        const away = Math.abs(Math.floor(utcMs / 1000) - end / 1000)
        if (Math.abs(utcMs - end) <= TOLERANCE) score(day, 2_999_999 - away)
        else if (utcMs >= begin && utcMs < end) score(day, 1_999_999 - away)
      }
      const day = date === null ? null : DAYS[first]![date]
      if (day && endOfDay(day, COPENHAGEN) <= utcMs) score(day, partly ? 2_000_000 : 3_999_999)
    }
    return scores
  }

  it('end with the best there was, whatever came when, twice or late; each only ever tells better; nothing is made up', () => {
    fc.assert(
      fc.property(fc.array(one, { maxLength: 14 }), restarts, (heard, stops) => {
        const boxes = [0, 1].map(() => {
          const clock = manualClock(fromMs)
          const [sent, memory]: [DailyReading[], ReturnType<typeof memoryInRam>] = [[], memoryInRam()]
          return { clock, sent, memory, readings: start(clock, memory, sent) }
        })
        const happenings = [
          ...heard.flatMap((h) => h.arrivals.map(({ gateway, delayMs }) => ({ atMs: h.utcMs + delayMs, gateway, o: heardAs(h) }))),
          ...stops.map((atMs, i) => ({ atMs, gateway: i % 2, o: null })),
        ].sort((a, b) => a.atMs - b.atMs)
        for (const { atMs, gateway, o } of happenings) {
          const box = boxes[gateway]!
          if (atMs > box.clock.utcMs()!) box.clock.advanceTo(atMs)
          if (o !== null) box.readings.offer(o)
          else {
            box.readings.stop()
            box.readings = start(box.clock, box.memory, box.sent)
          }
        }
        for (const { clock } of boxes) clock.advanceTo(toMs + 100 * HOUR)
        const ledger: Record<string, number> = {}
        for (const { sent } of boxes) {
          const own: Record<string, number> = {}
          for (const r of sent) {
            expect(r.precedence).toBeGreaterThan(own[r.day] ?? 0)
            own[r.day] = r.precedence
            ledger[r.day] = Math.max(ledger[r.day] ?? 0, r.precedence)
            const value = Number(r.registers['energy']!.value)
            const source = r.evidence.kind === 'meter-stored' ? value - 100 : value
            const moment = Math.floor(Date.parse(r.evidence.heardAt ?? r.evidence.observedAt) / 1000)
            expect(heard.some((h) => h.kWh === source && Math.floor(h.utcMs / 1000) === moment)).toBe(true)
          }
        }
        expect(ledger).toEqual(best(heard))
      }),
      { numRuns: 60 },
    )
  })
})
