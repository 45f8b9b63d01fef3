import type { CrcLayout, Heard } from '../wmbus/telegram.ts'

/** How a value behaves: only cumulative registers are billed; momentary values inform; historic ones carry their own date. */
export type FieldKind = 'register' | 'momentary' | 'historic'

/** One value of one meter: exactly `raw` × 10^`exponent` `unit`. */
export interface Measurement {
  /** Field name of the meter type, camelCase: `energy`, `volume`, `flowTemperature`, … */
  readonly name: string
  readonly kind: FieldKind
  readonly raw: number | bigint
  readonly exponent: number
  /** As printed on meters: kWh, MWh, GJ, m3, W, kW, m3/h, °C, K, h, d, m3·°C … */
  readonly unit: string
  /** OBIS reduced id where the standard has one. */
  readonly obis?: string
  /** What the meter's display and manual call it: E8. */
  readonly label?: string
  /** The meter's own date of a historic value, ISO local time without zone. */
  readonly date?: string
  /** Of a historic value: the register whose state it was then. */
  readonly of?: string
}

/** The meter's status word, its width and what its set bits mean in plain English. */
export interface MeterStatus {
  readonly code: string
  readonly bits?: number
  readonly conditions: readonly string[]
}

export type Encryption = 'none' | 'aes-cbc' | 'ell-ctr' | 'aes-ccm' | 'lfsr'
/** Trust in the content: nothing, a checksum only, or a message authentication code. none < crc < mac. */
export type Integrity = 'none' | 'crc' | 'mac'

/** One meter at one moment, whatever path it came by. */
export interface Observation {
  /** The meter's identity: manufacturer and 8-digit number, `KAM-07134347`. */
  readonly meter: string
  readonly version: number | null
  /** EN 13757-7 device type in words: heat, cooling, heat/cooling, water … */
  readonly deviceType: string
  readonly heard: Heard
  readonly path: 'wmbus' | 'sms'
  /** Meter type and its version that decoded it, `kamstrup-heat/1`. */
  readonly decoder: string
  readonly measurements: readonly Measurement[]
  readonly status: MeterStatus | null
  /** The meter's own clock, ISO local time without zone, where it sends one. */
  readonly meterTime: string | null
  /** What the dates of stored values mean; left out where the meter type does not say which clock they are by. */
  readonly dates?: { readonly clock: 'standard' | 'local'; readonly stamp: 'start' | 'end' | 'unknown' }
  readonly encryption: Encryption
  readonly integrity: Integrity
  /** Of a message: whose time `heard.utcMs` is, its own or that of the network. */
  readonly clock?: 'meter' | 'network'
  /** The bytes it was read from, as received, to be read again by a newer meter type; a message in fragments has none. */
  readonly telegram?: { readonly bytes: Uint8Array; readonly crc: CrcLayout }
}
