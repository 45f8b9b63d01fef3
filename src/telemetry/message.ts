import { utcText } from '../clock.ts'
import type { Measurement, MeterStatus, Observation } from '../decoders/observation.ts'
import { decimal } from '../wmbus/decimal.ts'

interface Value {
  readonly value: string
  readonly unit: string
}

/** What a meter said just now (docs/mqtt). Property order is the order on the wire. */
export interface TelemetryMessage {
  readonly schema: 'varmesky.telemetry/1'
  readonly gateway: string
  readonly meter: string
  /** RFC 3339 UTC; null while the gateway’s clock is not known to be right. */
  readonly observedAt: string | null
  /** Cumulative. */
  readonly registers: Readonly<Record<string, Value>>
  /** Of the moment. */
  readonly momentary: Readonly<Record<string, Value>>
  readonly status?: MeterStatus
}

const valuesOf = (measurements: readonly Measurement[], kind: Measurement['kind']): Readonly<Record<string, Value>> =>
  Object.fromEntries(
    measurements.filter((m) => m.kind === kind).map(({ name, raw, exponent, unit }) => [name, { value: decimal(raw, exponent), unit }]),
  )

export const telemetryMessage = ({ meter, heard, measurements, status }: Observation, gateway: string): TelemetryMessage => ({
  schema: 'varmesky.telemetry/1',
  gateway,
  meter,
  observedAt: heard.utcMs === null ? null : utcText(heard.utcMs),
  registers: valuesOf(measurements, 'register'),
  momentary: valuesOf(measurements, 'momentary'),
  ...(status !== null && { status }),
})
