/**
 * How well the water is cooled: the mean temperatures, weighted by volume, between the first and the last reading of a span.
 * Flow is ΔE8/ΔV, return ΔE9/ΔV (MULTICAL 403 technical description, 7.1.2). Exact: the registers' decimal strings are subtracted.
 */
import { type DayReadings, daysBetween, isDoubtful, meterOf } from './days.ts'
import { type Exact, exact, exactText, isLess, minus, numberOf, quotient, times } from './exact.ts'

export interface CoolingMeter {
  readonly meter: string
  readonly installation: string | null
  /** The days whose ends are compared. */
  readonly from: string
  readonly to: string
  /** m3, a decimal string, as all values here. */
  readonly volume: string
  /** °C. */
  readonly flow: string
  readonly return: string
  /** K: so far `return` may be off by the registers' last digits alone. */
  readonly resolution: string
  /** m3 beyond what the same heat takes at the target; negative where it is cooled better. Null: the flow is not warmer than the target. */
  readonly excess: string | null
}

export const COOLING_LEFT_OUT = ['no-registers', 'too-short', 'too-little', 'backwards', 'unit'] as const
export type CoolingLeftOut = (typeof COOLING_LEFT_OUT)[number]

export interface Cooling {
  /** °C. */
  readonly target: string
  /** The greatest excess first. */
  readonly meters: readonly CoolingMeter[]
  /** Meters of which nothing can be told, by why not. */
  readonly leftOut: Readonly<Record<CoolingLeftOut, number>>
}

const NAMES = ['volume', 'volumeFlowTemperature', 'volumeReturnTemperature'] as const
const E_UNIT = 'm3·°C'
const FEWEST_DAYS = 7
const LEAST_VOLUME: Exact = { raw: 1n, places: 0 }
/** E8 and E9 count in hundreds of the volume's last digit. */
const E_STEPS = 100

interface Counted {
  readonly day: string
  readonly installation: string | null
  readonly volume: Exact
  readonly flow: Exact
  readonly back: Exact
}

interface Span {
  readonly first: Counted
  readonly last: Counted
  readonly broken: 'backwards' | 'unit' | null
}

export function cooling(days: Iterable<DayReadings>, target: string): Cooling {
  const spans = new Map<string, Span | null>()
  for (const { readings } of days)
    for (const reading of readings) {
      const meter = meterOf(reading)
      const before = spans.get(meter) ?? null
      const counted = isDoubtful(reading, NAMES) ? null : countedIn(reading)
      spans.set(meter, counted === null ? before : longer(before, counted))
    }
  const leftOut = Object.fromEntries(COOLING_LEFT_OUT.map((why) => [why, 0])) as Record<CoolingLeftOut, number>
  const meters: CoolingMeter[] = []
  for (const [meter, span] of spans) {
    const told = span === null ? 'no-registers' : coolingOf(meter, span, exact(target)!)
    if (typeof told === 'string') leftOut[told]++
    else meters.push(told)
  }
  const rank = ({ excess }: CoolingMeter): number => (excess === null ? Number.NEGATIVE_INFINITY : Number(excess))
  return { target, meters: meters.sort((a, b) => rank(b) - rank(a) || (a.meter < b.meter ? -1 : 1)), leftOut }
}

function countedIn({ day, meter, registers }: DayReadings['readings'][number]): Counted | null {
  const [volume, flow, back] = NAMES.map((name) => registers[name])
  if (!volume || !flow || !back || volume.unit !== 'm3' || flow.unit !== E_UNIT || back.unit !== E_UNIT) return null
  const [v, e8, e9] = [exact(volume.value), exact(flow.value), exact(back.value)]
  return v && e8 && e9 && { day, installation: meter.installation ?? null, volume: v, flow: e8, back: e9 }
}

const COUNTERS = ['volume', 'flow', 'back'] as const

function longer(span: Span | null, now: Counted): Span {
  if (span === null) return { first: now, last: now, broken: null }
  const { first, last } = span
  const isOther = COUNTERS.some((name) => last[name].places !== now[name].places)
  const isLower = COUNTERS.some((name) => isLess(now[name], last[name]))
  return { first, last: now, broken: span.broken ?? (isOther ? 'unit' : isLower ? 'backwards' : null) }
}

function coolingOf(meter: string, { first, last, broken }: Span, target: Exact): CoolingMeter | CoolingLeftOut {
  if (broken !== null) return broken
  if (daysBetween(first.day, last.day) < FEWEST_DAYS) return 'too-short'
  const [volume, flow, back] = [minus(last.volume, first.volume), minus(last.flow, first.flow), minus(last.back, first.back)]
  if (isLess(volume, LEAST_VOLUME)) return 'too-little'
  return {
    meter,
    installation: last.installation,
    from: first.day,
    to: last.day,
    volume: exactText(volume),
    flow: quotient(flow, volume, 2),
    return: quotient(back, volume, 2),
    resolution: resolutionOf(back, volume).toFixed(2),
    excess: excessOf(volume, flow, back, target),
  }
}

/** Both ends are cut, not rounded: each difference may be off by one last digit, either way. */
function resolutionOf(back: Exact, volume: Exact): number {
  const [e, v] = [numberOf(back), numberOf(volume)]
  const vStep = 10 ** -volume.places
  const eStep = Math.max(10 ** -back.places, E_STEPS * vStep)
  const off = Math.max((e + eStep) / (v - vStep) - e / v, e / v - (e - eStep) / (v + vStep))
  return Math.ceil(off * 100) / 100
}

/** The same heat, V·(flow − return), takes V·(flow − return)/(flow − target): the rest is V·(E9 − V·target)/(E8 − V·target). */
function excessOf(volume: Exact, flow: Exact, back: Exact, target: Exact): string | null {
  const atTarget = times(volume, target)
  const usable = minus(flow, atTarget)
  return usable.raw <= 0n ? null : quotient(times(volume, minus(back, atTarget)), usable, 2)
}
