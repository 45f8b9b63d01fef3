import { draft } from '../../src/readings/close.ts'
import type { DailyReading } from '../../src/readings/daily-reading.ts'
import { readingId } from '../../src/readings/identity.ts'
import type { Draft } from '../../src/store/outbox/messages.ts'

/** n days after 1 October 2026. */
export const day = (n: number): string => new Date(Date.UTC(2026, 9, 1 + n)).toISOString().slice(0, 10)

interface Told {
  readonly meter?: string
  /** By name: value and unit. */
  readonly registers: Readonly<Record<string, readonly [value: string, unit: string]>>
  /** Left out: the reading has no status. */
  readonly conditions?: readonly string[]
  readonly flags?: DailyReading['quality']['flags']
  readonly deviceType?: string
}

/** The reading of one meter at the end of the n-th day. */
export const told = (n: number, { meter = 'KAM-00000001', registers, conditions, flags = [], deviceType = 'heat' }: Told): Draft => {
  const values = Object.fromEntries(Object.entries(registers).map(([name, [value, unit]]) => [name, { value, unit }]))
  const boundary = new Date(Date.UTC(2026, 9, 1 + n, 22)).toISOString().replace('.000', '')
  return draft({
    schema: 'varmesky.reading.daily/1',
    id: readingId(meter, day(n), values, null),
    meter: { manufacturer: meter.slice(0, 3), id: meter.slice(4), version: 52, deviceType, installation: `P-${meter.at(-1)}` },
    day: day(n),
    boundary,
    timeZone: 'Europe/Copenhagen',
    registers: values,
    ...(conditions && { status: { code: String(conditions.length), conditions } }),
    evidence: { kind: 'boundary', observedAt: boundary, offsetSeconds: 0, clock: 'synchronized' },
    precedence: 2_999_999,
    quality: { state: 'valid', flags },
    security: { encryption: 'ell-ctr', integrity: 'crc' },
    source: { path: 'wmbus', gateway: 'box', decoder: 'kamstrup-heat/1' },
  })
}
