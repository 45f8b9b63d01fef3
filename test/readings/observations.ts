import fc from 'fast-check'
import type { Measurement, Observation } from '../../src/decoders/observation.ts'
import type { Timed } from '../../src/readings/candidate.ts'
import type { Memory, Meter } from '../../src/store/store.ts'

export const COPENHAGEN = 'Europe/Copenhagen'
export const HOUR = 3_600_000
export const MINUTE = 60_000

export const energyOf = (kWh: number | bigint): Measurement => ({ name: 'energy', kind: 'register', raw: kWh, exponent: 0, unit: 'kWh' })

/** One meter at one moment, of the kind a Kamstrup MULTICAL sends. */
export const observation = (utcMs: number, kWh: number | bigint, more: Partial<Observation> = {}): Timed =>
  ({
    meter: 'KAM-07134347',
    version: 52,
    deviceType: 'heat',
    heard: { bootId: 'boot', monotonicMs: utcMs, utcMs },
    path: 'wmbus',
    decoder: 'kamstrup-heat/3',
    measurements: [energyOf(kWh)],
    status: null,
    meterTime: null,
    encryption: 'ell-ctr',
    integrity: 'crc',
    ...more,
  }) as Timed

export const METERS = ['KAM-07134347', 'KAM-07134348', 'LUG-00000001']

/** Many observations of a few meters, often in the same second or as far before the boundary as after it. */
export const stream = (fromMs: number, toMs: number, boundaryMs: number): fc.Arbitrary<Timed[]> => {
  const moment = fc.oneof(
    fc.integer({ min: fromMs, max: toMs - 1 }),
    fc.integer({ min: -20 * MINUTE, max: 20 * MINUTE }).map((ms) => boundaryMs + ms),
    fc.integer({ min: -5, max: 5 }).map((s) => boundaryMs + s * 1000),
  )
  const one = fc
    .record({
      utcMs: moment,
      meter: fc.constantFrom(...METERS),
      kWh: fc.nat(5),
      power: fc.nat(2),
      status: fc.constantFrom(null, '0', '10'),
    })
    .map(({ utcMs, meter, kWh, power, status }) =>
      observation(utcMs, kWh, {
        meter,
        measurements: [energyOf(kWh), { name: 'power', kind: 'momentary', raw: power, exponent: 2, unit: 'W' }],
        status: status === null ? null : { code: status, conditions: [] },
      }),
    )
  return fc.array(one, { maxLength: 30 })
}

/** What a store keeps, without a disk; the store's own tests hold the real one to the same. */
export const memoryInRam = (): Memory & { readonly entries: Map<string, string>; writes: number } => {
  const entries = new Map<string, string>()
  return {
    entries,
    writes: 0,
    load: () => new Map(entries),
    save(_kind, changes) {
      this.writes++
      for (const [key, text] of changes) text === null ? entries.delete(key) : entries.set(key, text)
    },
  }
}

export const registered = (meter: string, installation: string | null = null): Meter => ({
  meter,
  label: null,
  installation,
  plain: null,
  keyCheck: null,
  nextKeyCheck: null,
  addedAt: '2026-01-01T00:00:00Z',
  aliases: [],
  wired: [],
  retiredAt: null,
  replacedBy: null,
})
