/** What the meter itself stored: values with a date of their own, and the state of its registers at the end of a day. Pure. */
import { utcText } from '../clock.ts'
import type { Measurement, Observation } from '../decoders/observation.ts'
import type { RegisterValue, StoredValue } from './daily-reading.ts'
import { isClockRight, storedMoment } from './meter-time.ts'
import { registerValue } from './registers.ts'

/** The registers as the meter stored them at one moment. */
export interface StoredState {
  readonly registers: Readonly<Record<string, RegisterValue>>
  /** It has every register that the same telegram has of now. */
  readonly whole: boolean
}

/** Without these a stored state speaks for no day: what heat, cooling, water and allocation are billed by. */
const BILLED: readonly string[] = ['energy', 'coolingEnergy', 'volume', 'heatCostAllocation']

/** The days that end at a moment the meter stored its registers at, by its own clock. */
export function storedDays(o: Observation, timeZone: string): readonly string[] {
  if (o.dates === undefined) return []
  const days: string[] = []
  for (const m of o.measurements) {
    const day = m.of === undefined ? null : (storedMoment(m, o, timeZone)?.ends ?? null)
    if (day !== null && !days.includes(day)) days.push(day)
  }
  return days
}

type Heard = Observation & { readonly heard: { readonly utcMs: number } }

interface Instant {
  readonly utcMs: number
  readonly toleranceMs: number
  readonly timeZone: string
}

interface Found {
  /** What was stored for that instant, by register. */
  readonly stored: ReadonlyMap<string, Measurement>
  /** The registers of now. */
  readonly now: readonly Measurement[]
  readonly whole: boolean
}

/** What was stored for exactly that instant; null where it could not be billed, or the meter contradicts itself. */
function found(o: Heard, end: Instant): Found | null {
  if (o.dates === undefined || o.heard.utcMs < end.utcMs) return null
  const stored = new Map<string, Measurement>()
  for (const m of o.measurements) {
    if (m.of === undefined || storedMoment(m, o, end.timeZone)?.utcMs !== end.utcMs) continue
    const other = stored.get(m.of)
    if (other !== undefined && (other.raw !== m.raw || other.exponent !== m.exponent || other.unit !== m.unit)) return null
    stored.set(m.of, m)
  }
  if (stored.size === 0) return null
  const now = o.measurements.filter(({ kind }) => kind === 'register')
  const billed = now.filter(({ name }) => BILLED.includes(name))
  if (billed.length === 0 || billed.some(({ name }) => !stored.has(name))) return null
  return { stored, now, whole: now.every(({ name }) => stored.has(name)) }
}

/** What it might be worth, by a look that costs next to nothing: the meter's own clock is not asked. */
export const storedAtMost = (o: Heard, end: Instant): 'whole' | 'partly' | null => {
  const state = found(o, end)
  return state && (state.whole ? 'whole' : 'partly')
}

/** The state stored for exactly that instant, heard after it; null where there is none, or the meter's own clock is off. */
export function storedState(o: Heard, end: Instant): StoredState | null {
  const state = found(o, end)
  if (state === null || !isClockRight(o, o.heard.utcMs, end.timeZone, end.toleranceMs)) return null
  const registers: Record<string, RegisterValue> = {}
  for (const { name, obis, label } of state.now) {
    const m = state.stored.get(name)
    if (m !== undefined) registers[name] = registerValue(m, obis, label)
  }
  return { registers, whole: state.whole }
}

/** Every dated value as the meter sends it, by name: target dates, ends of months, highest values. */
export function datedValues(o: Observation, timeZone: string): Readonly<Record<string, StoredValue>> {
  const values: Record<string, StoredValue> = {}
  for (const m of o.measurements) {
    if (m.date === undefined || m.kind !== 'historic') continue
    const moment = storedMoment(m, o, timeZone)
    values[m.name] = {
      ...registerValue(m, m.obis, m.label),
      date: m.date,
      ...(moment !== null && { at: utcText(moment.utcMs) }),
    }
  }
  return values
}
