/** A heat meter that does not exist: what it counts at any moment, and the telegram it would send. */
import { manufacturerCode } from '../wmbus/address.ts'
import type { Dice } from './dice.ts'

/** A register's unit, its last digit, and the record it goes in. */
interface EnergyKind {
  readonly unit: 'kWh' | 'MWh' | 'MJ'
  readonly perKwh: number
  readonly decimals: number
  /** DIF and VIF. */
  readonly header: readonly number[]
}

const ENERGIES: readonly EnergyKind[] = [
  { unit: 'kWh', perKwh: 1, decimals: 0, header: [0x06] },
  { unit: 'MWh', perKwh: 1e-3, decimals: 1, header: [0xfb, 0x00] },
  { unit: 'MJ', perKwh: 3.6, decimals: 0, header: [0x0e] },
]

export interface Meter {
  /** `SIM-10000001`. */
  readonly name: string
  readonly number: string
  readonly installation: string
  readonly energy: EnergyKind
  readonly flowTemperature: number
  readonly difference: number
  readonly startKwh: number
  readonly startMs: number
  /** Mean, in kW. */
  readonly power: number
  /** Digits after which the energy register begins anew. */
  readonly digits: number
}

const YEAR_MS = 365.25 * 86_400_000
const HOUR_MS = 3_600_000
const SEASON = (2 * Math.PI) / YEAR_MS
/** The coldest day is in the middle of January. */
const COLDEST_MS = Date.UTC(2026, 0, 15)
const SWING = 0.8

export const DIGITS = 8

export function makeMeter(number: number, installation: string, startMs: number, random: Dice): Meter {
  const digits = String(number).padStart(8, '0')
  return {
    name: `SIM-${digits}`,
    number: digits,
    installation,
    energy: ENERGIES[random.chance(0.8) ? 0 : random.chance(0.5) ? 1 : 2]!,
    flowTemperature: random.between(60, 85),
    difference: random.between(15, 45),
    startKwh: random.between(0, 200_000),
    startMs,
    power: random.between(0.5, 6),
    digits: DIGITS,
  }
}

/** Heat counted up to a moment, in kWh: more in winter, never less than before. */
function kwhAt({ startKwh, startMs, power }: Meter, utcMs: number): number {
  const wave = (ms: number): number => (SWING / SEASON) * Math.sin(SEASON * (ms - COLDEST_MS))
  return startKwh + (power * (utcMs - startMs + wave(utcMs) - wave(startMs))) / HOUR_MS
}

const KWH_PER_M3_K = 1.15
const volumeAt = (meter: Meter, utcMs: number): number => kwhAt(meter, utcMs) / (KWH_PER_M3_K * meter.difference)

/** What its display shows: whole last digits, cut and not rounded. */
export interface Shown {
  readonly energyRaw: number
  /** m3 / 100. */
  readonly volumeRaw: number
  readonly hours: number
}

export function shownAt(meter: Meter, utcMs: number): Shown {
  const { energy, digits, startMs } = meter
  return {
    energyRaw: Math.floor(kwhAt(meter, utcMs) * energy.perKwh * 10 ** energy.decimals) % 10 ** digits,
    volumeRaw: Math.floor(volumeAt(meter, utcMs) * 100),
    hours: Math.floor((utcMs - startMs) / HOUR_MS),
  }
}

const bcd = (value: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, i) =>
    Number.parseInt(
      String(value)
        .padStart(2 * bytes, '0')
        .substr(2 * (bytes - 1 - i), 2),
      16,
    ),
  )
const integer = (value: number, bytes: number): number[] => Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) & 0xff)

const BCD_DIF: Readonly<Record<number, number>> = { 6: 0x0b, 8: 0x0c }
const VERSION = 1
const HEAT = 0x04

/** Its frame without CRCs: SND-NR, short header, unencrypted (EN 13757-3, -4, -7). */
export function telegramOf(meter: Meter, utcMs: number, accessNumber: number): Uint8Array {
  const { energyRaw, volumeRaw, hours } = shownAt(meter, utcMs)
  const { energy, digits, flowTemperature, difference, power } = meter
  const records = [
    [BCD_DIF[digits]!, ...energy.header, ...bcd(energyRaw, digits / 2)],
    [0x04, 0x14, ...integer(volumeRaw, 4)],
    [0x04, 0x26, ...integer(hours, 4)],
    [0x02, 0x59, ...integer(Math.round(flowTemperature * 100), 2)],
    [0x02, 0x5d, ...integer(Math.round((flowTemperature - difference) * 100), 2)],
    [0x02, 0x3b, ...integer(Math.round((1000 * power) / (KWH_PER_M3_K * difference)), 2)],
  ].flat()
  const address = [...integer(manufacturerCode('SIM'), 2), ...bcd(Number(meter.number), 4), VERSION, HEAT]
  const frame = [0x44, ...address, 0x7a, accessNumber & 0xff, 0x00, 0x00, 0x00, ...records]
  return Uint8Array.of(frame.length, ...frame)
}
