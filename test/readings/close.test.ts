import { describe, expect, it } from 'vitest'
import type { Measurement } from '../../src/decoders/observation.ts'
import type { Boundary } from '../../src/readings/candidate.ts'
import { dailyReading, draft, type ReadingContext } from '../../src/readings/close.ts'
import { readingId } from '../../src/readings/identity.ts'
import { COPENHAGEN, energyOf, MINUTE, observation } from './observations.ts'

const midnight = Date.UTC(2026, 10, 23, 23)
const boundary: Boundary = { day: '2026-11-23', utcMs: midnight, toleranceMs: 15 * MINUTE, timeZone: COPENHAGEN }
const context: ReadingContext = {
  boundary,
  gateway: 'skorsten-vest',
  installation: '4711-02',
  include: ['registers', 'status', 'momentary'],
  quality: () => ({ state: 'valid', flags: [] }),
}

const measurements: Measurement[] = [
  { name: 'energy', kind: 'register', raw: 79846, exponent: 0, unit: 'kWh', obis: '6-0:1.0.0*255' },
  { name: 'volume', kind: 'register', raw: 223249, exponent: -2, unit: 'm3', obis: '6-0:2.0.0*255' },
  { name: 'flowTemperature', kind: 'momentary', raw: 7090, exponent: -2, unit: '°C', obis: '6-0:10.0.0*255' },
  { name: 'operatingTime', kind: 'register', raw: 43489, exponent: 0, unit: 'h' },
  { name: 'flowRate', kind: 'momentary', raw: 80, exponent: -3, unit: 'm3/h', obis: '6-0:9.0.0*255' },
  { name: 'energyAtDueDate', kind: 'historic', raw: 79000, exponent: 0, unit: 'kWh', date: '2026-10-31' },
]
const heard = observation(midnight + 4_321, 0, { measurements, status: { code: '0', bits: 32, conditions: [] } })

describe('the daily reading', () => {
  it('has every property in the order it goes over the wire', () => {
    const registers = {
      energy: { value: '79846', unit: 'kWh', obis: '6-0:1.0.0*255' },
      volume: { value: '2232.49', unit: 'm3', obis: '6-0:2.0.0*255' },
      operatingTime: { value: '43489', unit: 'h' },
    }
    const expected = {
      schema: 'varmesky.reading.daily/1',
      id: readingId('KAM-07134347', '2026-11-23', registers, '0'),
      meter: { manufacturer: 'KAM', id: '07134347', version: 52, deviceType: 'heat', installation: '4711-02' },
      day: '2026-11-23',
      boundary: '2026-11-23T23:00:00Z',
      timeZone: 'Europe/Copenhagen',
      registers,
      momentary: {
        flowTemperature: { value: '70.90', unit: '°C', obis: '6-0:10.0.0*255' },
        flowRate: { value: '0.080', unit: 'm3/h', obis: '6-0:9.0.0*255' },
      },
      status: { code: '0', bits: 32, conditions: [] },
      evidence: { kind: 'boundary', observedAt: '2026-11-23T23:00:04Z', offsetSeconds: 4, clock: 'synchronized' },
      precedence: 2999995,
      quality: { state: 'valid', flags: [] },
      security: { encryption: 'ell-ctr', integrity: 'crc' },
      source: { path: 'wmbus', gateway: 'skorsten-vest', decoder: 'kamstrup-heat/3' },
    }
    expect(JSON.stringify(dailyReading(heard, context))).toBe(JSON.stringify(expected))
  })

  it('leaves out what there is not', () => {
    const bare = dailyReading(observation(midnight - 1000, 5), { ...context, installation: null })
    expect(Object.keys(bare)).not.toContain('momentary')
    expect(Object.keys(bare)).not.toContain('status')
    expect(Object.keys(bare.meter)).not.toContain('installation')
  })

  it('leaves out what is not wanted, and stays the same reading', () => {
    const lean = dailyReading(heard, { ...context, include: ['registers'] })
    expect(lean).not.toHaveProperty('momentary')
    expect(lean).not.toHaveProperty('status')
    expect(lean.id).toBe(dailyReading(heard, context).id)
  })

  it('says early, and that an SMS is timed by the network', () => {
    const sms = observation(midnight - 64_049_000, 1, { path: 'sms', encryption: 'none', integrity: 'none' })
    expect(dailyReading(sms, context)).toMatchObject({
      evidence: { kind: 'early', observedAt: '2026-11-23T05:12:31Z', offsetSeconds: -64049, clock: 'network' },
      precedence: 1935950,
    })
  })

  it('prints a register past 2^53 exactly', () => {
    const reading = dailyReading(observation(midnight, 0, { measurements: [energyOf(9007199254740993n)] }), context)
    expect(reading.registers['energy']?.value).toBe('9007199254740993')
  })

  it('is not made of what was heard too late', () => {
    expect(() => dailyReading(observation(midnight + 16 * MINUTE, 1), context)).toThrow(/2026-11-23/)
  })

  it('goes to the outbox as it is', () => {
    const reading = dailyReading(heard, context)
    expect(draft(reading)).toEqual({
      kind: 'reading.daily',
      id: reading.id,
      meter: 'KAM-07134347',
      day: '2026-11-23',
      precedence: 2999995,
      body: JSON.stringify(reading),
    })
  })
})
