import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LastReading } from '../../src/memory/last-readings.ts'
import { endOfDay, offsetsAt } from '../../src/readings/day.ts'
import { type Flag, READING_FLAGS, REGISTER_FLAGS } from '../../src/readings/flags.ts'
import { type Judged, qualityOf } from '../../src/readings/quality.ts'
import { COPENHAGEN, HOUR } from './observations.ts'

const DAY = '2026-11-23'
const BOUNDARY = endOfDay(DAY, COPENHAGEN)

type Values = Record<string, readonly [value: string, unit: string]>
const values = (of: Values): LastReading['registers'] =>
  Object.fromEntries(Object.entries(of).map(([name, [value, unit]]) => [name, { value, unit }]))

const BEFORE: Values = {
  energy: ['79800', 'kWh'],
  volume: ['2231.00', 'm3'],
  volumeFlowTemperature: ['152000', 'm3·°C'],
  volumeReturnTemperature: ['82700', 'm3·°C'],
  operatingTime: ['43465', 'h'],
}
/** A day later: 1.50 m3, cooled by 37 K. */
const AFTER: Values = {
  energy: ['79864', 'kWh'],
  volume: ['2232.50', 'm3'],
  volumeFlowTemperature: ['152108', 'm3·°C'],
  volumeReturnTemperature: ['82752', 'm3·°C'],
  operatingTime: ['43489', 'h'],
}
const FLOWING: Values = { flowTemperature: ['70.90', '°C'], returnTemperature: ['36.28', '°C'], flowRate: ['0.080', 'm3/h'] }

interface Case {
  readonly before?: Values
  readonly after?: Values
  readonly momentary?: Values
  readonly lastDay?: string
  readonly lastHours?: number
  readonly conditions?: readonly string[]
  readonly meterTime?: string | null
}

const quality = ({
  before,
  after,
  momentary = FLOWING,
  lastDay = '2026-11-22',
  lastHours = 24,
  conditions = [],
  meterTime = null,
}: Case) => {
  const judged: Judged = {
    day: DAY,
    utcMs: BOUNDARY,
    registers: values({ ...AFTER, ...after }),
    momentary: values(momentary),
    conditions,
    meterTime,
    offsetsMs: offsetsAt(BOUNDARY, COPENHAGEN),
  }
  return qualityOf(judged, { day: lastDay, utcMs: BOUNDARY - lastHours * HOUR, registers: values({ ...BEFORE, ...before }) })
}

const only = (name: string, before: string, after: string, unit: string): Case => ({
  before: { ...Object.fromEntries(Object.keys(BEFORE).map((n) => [n, ['0', 'none'] as const])), [name]: [before, unit] },
  after: { ...Object.fromEntries(Object.keys(BEFORE).map((n) => [n, ['0', 'none'] as const])), [name]: [after, unit] },
})

/** Of every flag a true case, and the nearest one that is none. */
const CASES: readonly (readonly [flag: Flag, is: Case, isNot: Case])[] = [
  ['energy.decreased', { after: { energy: ['79799', 'kWh'] } }, { after: { energy: ['79800', 'kWh'] } }],
  ['volume.decreased', { after: { volume: ['2230.99', 'm3'] } }, { after: { volume: ['2231.00', 'm3'] } }],
  ['volume.rolled-over', only('volume', '99950.12', '00012.00', 'm3'), only('volume', '98950.12', '00012.00', 'm3')],
  ['energy.rolled-over', only('energy', '9999990', '20', 'kWh'), only('energy', '9999990', '600000', 'kWh')],
  ['energy.spike', only('energy', '1000', '2881002', 'kWh'), only('energy', '1000', '2881001', 'kWh')],
  ['volume.stuck', { after: { volume: ['2231.00', 'm3'], energy: ['79800', 'kWh'] } }, { after: { volume: ['2231.01', 'm3'] } }],
  [
    'volume.stuck',
    { after: { volume: ['2231.00', 'm3'], energy: ['79800', 'kWh'] } },
    { after: { volume: ['2231.00', 'm3'], energy: ['79800', 'kWh'] }, momentary: { ...FLOWING, flowRate: ['0.000', 'm3/h'] } },
  ],
  [
    'energy.stuck',
    { after: { energy: ['79800', 'kWh'] } },
    { after: { energy: ['79800', 'kWh'] }, momentary: { ...FLOWING, flowTemperature: ['40.00', '°C'] } },
  ],
  ['energy.implausible', { after: { energy: ['79880', 'kWh'] } }, { after: { energy: ['79874', 'kWh'] } }],
  ['energy.implausible', { after: { energy: ['79850', 'kWh'] } }, { after: { energy: ['79854', 'kWh'] } }],
  [
    'energy.implausible',
    { before: { volumeFlowTemperature: ['0', ''] }, after: { volumeFlowTemperature: ['0', ''], energy: ['80165', 'kWh'] } },
    { before: { volumeFlowTemperature: ['0', ''] }, after: { volumeFlowTemperature: ['0', ''], energy: ['80160', 'kWh'] } },
  ],
  ['operatingTime.off', { after: { operatingTime: ['43486', 'h'] } }, { after: { operatingTime: ['43487', 'h'] } }],
  ['energy.unit', { after: { energy: ['79.864', 'MWh'] } }, { after: { energy: ['99999', 'kWh'] } }],
  ['energy.unit', { after: { energy: ['79864.0', 'kWh'] } }, {}],
  ['clock.off', { meterTime: '2026-11-24T00:16' }, { meterTime: '2026-11-24T00:14' }],
  ['clock.off', { meterTime: '2026-11-26' }, { meterTime: '2026-11-24' }],
  ['conditions', { conditions: ['leak'] }, {}],
  [
    'gap.before',
    { lastDay: '2026-11-21', lastHours: 48, after: { operatingTime: ['43513', 'h'] } },
    { lastDay: '2026-11-22', lastHours: 47 },
  ],
]

describe('flags', () => {
  it.each(CASES)('%s: a true case and a near miss', (flag, is, isNot) => {
    expect(quality(is).flags).toContain(flag)
    expect(quality(isNot).flags).not.toContain(flag)
  })

  it('has a case for every one', () => {
    const named = new Set(CASES.map(([flag]) => (flag in READING_FLAGS ? flag : flag.slice(flag.lastIndexOf('.') + 1))))
    expect([...named].sort()).toEqual([...Object.keys(REGISTER_FLAGS), ...Object.keys(READING_FLAGS)].sort())
  })

  it('cast doubt where a value may be wrong, and not where only something is to be known', () => {
    expect(quality({ after: { energy: ['1', 'kWh'] } }).state).toBe('suspect')
    expect(quality({ conditions: ['leak'], meterTime: '2026-11-20' })).toEqual({ state: 'valid', flags: ['clock.off', 'conditions'] })
    expect(quality({ lastDay: '2026-11-20', lastHours: 72, after: { operatingTime: ['43537', 'h'] } })).toEqual({
      state: 'valid',
      flags: ['gap.before'],
      gapDays: 2,
    })
  })

  it('are none at the first reading of a meter', () => {
    const judged: Judged = {
      day: DAY,
      utcMs: BOUNDARY,
      registers: values(AFTER),
      momentary: values(FLOWING),
      conditions: [],
      meterTime: null,
      offsetsMs: [0, 0],
    }
    expect(qualityOf(judged, undefined)).toEqual({ state: 'valid', flags: [] })
  })
})

/** A meter as physics has it: what it counts in a day follows from flow, temperatures and hours. */
const cleanDay = fc.record({
  volume: fc.double({ min: 0, max: 20, noNaN: true }),
  flow: fc.double({ min: 55, max: 95, noNaN: true }),
  difference: fc.double({ min: 3, max: 45, noNaN: true }),
  awayS: fc.integer({ min: -900, max: 900 }),
})

it('no flag in a clean year, over both nights on which the clocks change', () => {
  const days = Array.from({ length: 365 }, (_, n) => new Date(Date.UTC(2026, 0, 1) + n * 24 * HOUR).toISOString().slice(0, 10))
  fc.assert(
    fc.property(fc.array(cleanDay, { minLength: days.length, maxLength: days.length }), (year) => {
      const counters = { energy: 100_000, volume: 3000, e8: 200_000, e9: 100_000, hours: 8760 }
      let last: LastReading | undefined
      let lastMs = 0
      const flags = year.flatMap(({ volume, flow, difference, awayS }, n) => {
        const utcMs = endOfDay(days[n]!, COPENHAGEN) + awayS * 1000
        if (last) counters.hours += (utcMs - lastMs) / HOUR
        counters.volume += volume
        counters.e8 += volume * flow
        counters.e9 += volume * (flow - difference)
        counters.energy += 1.15 * volume * difference
        const text = (v: number, decimals: number) => (Math.floor(v * 10 ** decimals) / 10 ** decimals).toFixed(decimals)
        const registers = values({
          energy: [text(counters.energy, 0), 'kWh'],
          volume: [text(counters.volume, 2), 'm3'],
          volumeFlowTemperature: [text(counters.e8, 0), 'm3·°C'],
          volumeReturnTemperature: [text(counters.e9, 0), 'm3·°C'],
          operatingTime: [text(counters.hours, 0), 'h'],
        })
        const momentary = values({
          flowTemperature: [flow.toFixed(2), '°C'],
          returnTemperature: [(flow - difference).toFixed(2), '°C'],
          flowRate: [(volume / 24).toFixed(3), 'm3/h'],
        })
        const offsetsMs = offsetsAt(utcMs, COPENHAGEN)
        const meterTime = new Date(utcMs + offsetsMs[1]).toISOString().slice(0, 16)
        const found = qualityOf({ day: days[n]!, utcMs, registers, momentary, conditions: [], meterTime, offsetsMs }, last).flags
        last = { day: days[n]!, utcMs, registers }
        lastMs = utcMs
        return found
      })
      expect(flags).toEqual([])
    }),
    { numRuns: 30 },
  )
})
