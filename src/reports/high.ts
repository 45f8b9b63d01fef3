/**
 * Who takes more than usual: a meter's share of what all of them take, in the last days, against its own share before. The
 * weather moves all of them alike, so it moves no share.
 */

import type { DailyReading } from '../readings/daily-reading.ts'
import { KWH } from '../readings/energy-units.ts'
import { type DayReadings, daysBetween, isDoubtful, meterOf } from './days.ts'

export interface HighMeter {
  readonly meter: string
  readonly installation: string | null
  /** Of what the compared meters take, 0…1. */
  readonly share: number
  readonly usualShare: number
  /** The one over the other; null where it used to take nothing. */
  readonly times: number | null
  /** kWh a day beyond its usual share of what all take now. */
  readonly extraKwhPerDay: number
}

export interface High {
  /** The days whose ends bound what is usual, and the last days. */
  readonly from: string
  readonly split: string
  readonly to: string
  readonly factor: number
  /** Meters that were compared, and those that could not be: no energy, a gap at an end, a count that went backwards. */
  readonly compared: number
  readonly leftOut: number
  /** The greatest extra first. */
  readonly meters: readonly HighMeter[]
}

export interface HighOptions {
  readonly from: string
  readonly split: string
  readonly to: string
  /** How many times its usual share is high. */
  readonly factor: number
}

const HEAT: readonly string[] = ['heat', 'heat/cooling']
const DAY_MS = 86_400_000
/** So much of a span must lie between its readings. */
const LEAST_COVERED = 0.7

interface Point {
  readonly day: string
  readonly utcMs: number
  readonly kwh: number
  readonly step: number
  readonly unit: string
}

/** kWh a day, and by how much its last digits may put it off. */
interface Rate {
  readonly perDay: number
  readonly off: number
}

interface Use {
  readonly meter: string
  readonly installation: string | null
  readonly usual: Rate
  readonly now: Rate
}

export function high(days: Iterable<DayReadings>, options: HighOptions): High {
  const points = new Map<string, { readonly installation: string | null; readonly points: Point[] }>()
  for (const { readings } of days)
    for (const reading of readings) {
      if (!HEAT.includes(reading.meter.deviceType)) continue
      const meter = meterOf(reading)
      const of = points.get(meter) ?? { installation: reading.meter.installation ?? null, points: [] }
      points.set(meter, of)
      const point = pointOf(reading)
      if (point) of.points.push(point)
    }
  const uses = [...points].flatMap(([meter, of]): Use[] => {
    const usual = rateOf(of.points, options.from, options.split)
    const now = rateOf(of.points, options.split, options.to)
    return usual && now ? [{ meter, installation: of.installation, usual, now }] : []
  })
  const all = (of: 'usual' | 'now'): number => uses.reduce((sum, use) => sum + use[of].perDay, 0)
  const [usual, now] = [all('usual'), all('now')]
  const meters =
    usual > 0 && now > 0 ? uses.filter((use) => isHigh(use, usual, now, options.factor)).map((use) => told(use, usual, now)) : []
  return {
    ...options,
    compared: uses.length,
    leftOut: points.size - uses.length,
    meters: meters.sort((a, b) => b.extraKwhPerDay - a.extraKwhPerDay || (a.meter < b.meter ? -1 : 1)),
  }
}

function pointOf(reading: DailyReading): Point | null {
  const energy = reading.registers['energy']
  const factor = energy && KWH[energy.unit]
  if (!energy || !factor || isDoubtful(reading, ['energy'])) return null
  const step = factor * 10 ** -(energy.value.split('.')[1]?.length ?? 0)
  return { day: reading.day, utcMs: Date.parse(reading.evidence.observedAt), kwh: factor * Number(energy.value), step, unit: energy.unit }
}

/** By the moments of the readings: an early one counts for the time it covers. */
function rateOf(points: readonly Point[], from: string, to: string): Rate | null {
  const within = points.filter(({ day }) => day >= from && day <= to)
  const [first, last] = [within[0], within.at(-1)]
  if (!first || !last || within.some((point, i) => i > 0 && (point.kwh < within[i - 1]!.kwh || point.unit !== first.unit))) return null
  const passed = (last.utcMs - first.utcMs) / DAY_MS
  return passed < LEAST_COVERED * daysBetween(from, to) ? null : { perDay: (last.kwh - first.kwh) / passed, off: first.step / passed }
}

/** Beyond what last digits explain. */
const isHigh = (use: Use, usual: number, now: number, factor: number): boolean =>
  (use.now.perDay - use.now.off) / now >= (factor * (use.usual.perDay + use.usual.off)) / usual

function told({ meter, installation, ...use }: Use, usual: number, now: number): HighMeter {
  const [share, usualShare] = [use.now.perDay / now, use.usual.perDay / usual]
  return {
    meter,
    installation,
    share: rounded(share, 6),
    usualShare: rounded(usualShare, 6),
    times: usualShare === 0 ? null : rounded(share / usualShare, 2),
    extraKwhPerDay: rounded(use.now.perDay - usualShare * now, 1),
  }
}

const rounded = (value: number, places: number): number => Number(value.toFixed(places))
