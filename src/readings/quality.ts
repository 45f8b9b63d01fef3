/**
 * How good a reading is, held against the meter's last one. Pure. The flags are in `flags.ts`; every check is one function that
 * names the registers it casts doubt on, and says nothing where it cannot know.
 */

import { MARGIN, MOST_PER_HOUR } from '../decoders/growth.ts'
import type { LastReading } from '../memory/last-readings.ts'
import type { Quality, RegisterValue } from './daily-reading.ts'
import { KWH } from './energy-units.ts'
import { type Flag, isDoubt, type RegisterFlag } from './flags.ts'

type Values = Readonly<Record<string, Pick<RegisterValue, 'value' | 'unit'>>>

/** What is judged. */
export interface Judged {
  readonly day: string
  /** When it was observed, milliseconds since 1970 UTC. */
  readonly utcMs: number
  readonly registers: Values
  readonly momentary: Values
  readonly conditions: readonly string[]
  /** The meter's own clock, ISO local time without zone, where it sends one. */
  readonly meterTime: string | null
  /** Local time minus UTC in milliseconds, then and in winter. */
  readonly offsetsMs: readonly number[]
}

export function qualityOf(now: Judged, last: LastReading | undefined): Quality {
  const gapDays = last === undefined ? 0 : daysBetween(last.day, now.day) - 1
  const flags: Flag[] = [
    ...(last === undefined ? [] : comparedFlags(now, last)),
    ...(isClockOff(now) ? (['clock.off'] as const) : []),
    ...(now.conditions.length > 0 ? (['conditions'] as const) : []),
    ...(gapDays > 0 ? (['gap.before'] as const) : []),
  ]
  return { state: flags.some(isDoubt) ? 'suspect' : 'valid', flags, ...(gapDays > 0 && { gapDays }) }
}

const daysBetween = (from: string, to: string): number => Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000)

/** One register then and now, as doubles: they bound each other, and are never sent. */
interface Step {
  readonly name: string
  readonly unit: string
  readonly before: number
  readonly value: number
  readonly delta: number
  /** The register's last digit. */
  readonly step: number
}

const HOUR_MS = 3_600_000
const stepOf = (value: string): number => 10 ** -(value.split('.')[1]?.length ?? 0)

function comparedFlags(now: Judged, last: LastReading): Flag[] {
  const hours = (now.utcMs - last.utcMs) / HOUR_MS
  const flags: Flag[] = []
  const steps = new Map<string, Step>()
  for (const [name, { value, unit }] of Object.entries(now.registers)) {
    const then = last.registers[name]
    if (then === undefined) continue
    const step = stepOf(value)
    if (then.unit !== unit || stepOf(then.value) !== step) {
      flags.push(`${name}.unit`)
      continue
    }
    const [before, number] = [Number(then.value), Number(value)]
    steps.set(name, { name, unit, before, value: number, delta: number - before, step })
  }
  for (const step of steps.values()) {
    const flag = growthFlag(step, hours)
    if (flag) flags.push(`${step.name}.${flag}`)
  }
  // What went backwards or leapt explains nothing about the others.
  if (flags.length > 0) return flags
  return [...stuck(steps, now, hours), ...implausible(steps), ...hoursOff(steps, hours)]
}

function growthFlag(s: Step, hours: number): RegisterFlag | null {
  const most = (MOST_PER_HOUR[s.unit] ?? Number.POSITIVE_INFINITY) * Math.max(hours, 0) * MARGIN + s.step
  if (s.delta < 0) return isRollOver(s, most) ? 'rolled-over' : 'decreased'
  return s.delta > most ? 'spike' : null
}

/** A register ends at a power of ten of its last digit; it was in the last hundredth, and is in the first. */
function isRollOver({ before, value, step }: Step, most: number): boolean {
  const digits = String(Math.round(before / step)).length
  const end = 10 ** digits * step
  const passed = end - before + value
  return digits >= FEWEST_DIGITS && before >= 0.99 * end && value <= 0.01 * end && passed <= most
}
const FEWEST_DIGITS = 5

/** Heat of water in kWh per m3 and kelvin, from 0 to 185 °C, with the uncertainty of a meter on either side. */
const LEAST_HEAT = 1.0
const MOST_HEAT = 1.3
const MOST_DIFFERENCE = 185
/** Below this nothing is said: the meter's last digits would speak. */
const DIGITS_THAT_COUNT = 10

const inKwh = (s: Step | undefined): { readonly delta: number; readonly step: number } | null => {
  const factor = s && KWH[s.unit]
  return s && factor ? { delta: s.delta * factor, step: s.step * factor } : null
}

/** Energy against volume and temperatures: by E8 and E9 where the meter has them, else by the hottest water there is. */
function implausible(steps: ReadonlyMap<string, Step>): Flag[] {
  const energy = inKwh(steps.get('energy'))
  const volume = steps.get('volume')
  // A meter for heat and cold counts one volume for both.
  if (energy === null || volume === undefined || volume.unit !== 'm3' || steps.has('coolingEnergy')) return []
  const [flow, back] = [steps.get('volumeFlowTemperature'), steps.get('volumeReturnTemperature')]
  if (flow && back && flow.unit === 'm3·°C') {
    const heat = flow.delta - back.delta
    const tolerance = energy.step + MOST_HEAT * 2 * flow.step
    if (heat < DIGITS_THAT_COUNT * flow.step) return []
    const fits = energy.delta >= LEAST_HEAT * heat - tolerance && energy.delta <= MOST_HEAT * heat + tolerance
    return fits ? [] : ['energy.implausible']
  }
  const most = MOST_HEAT * MOST_DIFFERENCE * (volume.delta + volume.step) + energy.step
  return energy.delta > most ? ['energy.implausible'] : []
}

const WARM_K = 5

/** No growth where there must be some: energy while warm volume is counted, volume while water flows. */
function stuck(steps: ReadonlyMap<string, Step>, { momentary }: Judged, hours: number): Flag[] {
  const [energy, volume] = [inKwh(steps.get('energy')), steps.get('volume')]
  if (volume === undefined || volume.unit !== 'm3') return []
  const number = (name: string, unit: string): number => (momentary[name]?.unit === unit ? Number(momentary[name]?.value) : Number.NaN)
  const difference = number('flowTemperature', '°C') - number('returnTemperature', '°C')
  const flowing = number('flowRate', 'm3/h') * hours
  if (volume.delta === 0) return flowing >= DIGITS_THAT_COUNT * volume.step && difference >= WARM_K ? ['volume.stuck'] : []
  if (energy === null || energy.delta !== 0 || steps.has('coolingEnergy')) return []
  const expected = LEAST_HEAT * difference * volume.delta
  return difference >= WARM_K && expected >= DIGITS_THAT_COUNT * energy.step ? ['energy.stuck'] : []
}

const IN_HOURS: Readonly<Record<string, number>> = { s: 1 / 3600, min: 1 / 60, h: 1, d: 24 }

/** The hours counter runs with the clock, to an hour and one of its digits. */
function hoursOff(steps: ReadonlyMap<string, Step>, hours: number): Flag[] {
  const counter = steps.get('operatingTime')
  const factor = counter && IN_HOURS[counter.unit]
  if (!counter || !factor) return []
  return Math.abs(counter.delta * factor - hours) > 1 + counter.step * factor ? ['operatingTime.off'] : []
}

/** Off by any reading of it: a meter may keep local or winter time. */
const CLOCK_OFF_MS = 15 * 60_000
const DAY_MS = 86_400_000

function isClockOff({ meterTime, utcMs, offsetsMs }: Judged): boolean {
  if (meterTime === null) return false
  const dated = meterTime.length <= 10
  const time = Date.parse(dated ? `${meterTime}T12:00Z` : `${meterTime}Z`)
  if (Number.isNaN(time)) return false
  const most = dated ? DAY_MS : CLOCK_OFF_MS
  return offsetsMs.every((offset) => Math.abs(time - offset - utcMs) > most)
}
