/** Meters that fell silent: not heard in the hours in which they are heard as a rule. Rest at night or at weekends is none. */
import { type Habit, type HourOfWeek, hoursMissed } from '../memory/habits.ts'
import type { DailyReading } from '../readings/daily-reading.ts'

export const SILENCE = ['receiver', 'battery', 'radio-path', 'removed'] as const
export type SilenceReason = (typeof SILENCE)[number]

export interface SilentMeter {
  readonly meter: string
  readonly installation: string | null
  /** RFC 3339 UTC. */
  readonly lastHeard: string
  /** Usual seconds from one telegram to the next. */
  readonly intervalSeconds: number | null
  /** Hours since in which it used to be heard. */
  readonly hoursMissed: number
  /** dBm: as a rule, and of the last telegram. */
  readonly usualRssi: number | null
  readonly lastRssi: number | null
  readonly receiver: string
  readonly reason: SilenceReason
}

/** A meter that is to be heard. */
export interface Watched {
  readonly meter: string
  readonly installation: string | null
  readonly habit: Habit
}

/** Those in service that were ever heard. */
export const watchedOf = (
  meters: readonly { readonly meter: string; readonly installation: string | null; readonly retiredAt: string | null }[],
  habits: ReadonlyMap<string, Habit>,
): readonly Watched[] =>
  meters.flatMap(({ meter, installation, retiredAt }) => {
    const habit = retiredAt === null ? habits.get(meter) : undefined
    return habit ? [{ meter, installation, habit }] : []
  })

const POWER = /battery|low power|supply voltage/

/** Whether a reading, as it was stored, says so of the meter's battery or supply. */
export const tellsLowPower = (body: string | undefined): boolean =>
  body !== undefined && ((JSON.parse(body) as DailyReading).status?.conditions ?? []).some((condition) => POWER.test(condition))

export interface SilentOptions {
  readonly nowMs: number
  readonly hourOfWeek: HourOfWeek
  /** Receivers that do not receive now. */
  readonly down: ReadonlySet<string>
  /** Whether its last reading says so of its battery or supply. */
  isPowerLow(meter: string): boolean
  /** Hearings that are missed before it is silence. */
  readonly hearings: number
}

/** Where so many, and half of all that a receiver heard last, fell silent, it is not the meters. */
const MANY = 3
const WEAKER_DB = 10
/** Nearer to the end of what receivers hear, a parked car is enough. */
const WEAK_DBM = -95

interface Missed extends Watched {
  readonly missed: number
}

/** Those that are missed the longest come first. */
export function silent(meters: readonly Watched[], options: SilentOptions): readonly SilentMeter[] {
  const hourOfWeek = remembering(options.hourOfWeek)
  const quiet = meters.flatMap((meter): Missed[] => {
    const missed = hoursMissed(meter.habit, meter.habit.lastAt, options.nowMs, hourOfWeek)
    return missed >= options.hearings * Math.max(1, meter.habit.hoursPerHearing) ? [{ ...meter, missed }] : []
  })
  const down = new Set([...options.down, ...mostlyQuiet(meters, quiet)])
  return quiet
    .map((meter) => told(meter, down, options))
    .sort((a, b) => (a.lastHeard === b.lastHeard ? 0 : a.lastHeard < b.lastHeard ? -1 : 1))
}

/** A calendar look-up is slow, and a city asks for the same hours. */
function remembering(hourOfWeek: HourOfWeek): HourOfWeek {
  const known = new Map<number, number>()
  return (utcMs) => {
    const hour = known.get(utcMs) ?? hourOfWeek(utcMs)
    known.set(utcMs, hour)
    return hour
  }
}

function mostlyQuiet(meters: readonly Watched[], quiet: readonly Watched[]): readonly string[] {
  const by = (of: readonly Watched[], receiver: string): number => of.filter(({ habit }) => habit.receiver === receiver).length
  return [...new Set(quiet.map(({ habit }) => habit.receiver))].filter((receiver) => {
    const n = by(quiet, receiver)
    return n >= MANY && 2 * n > by(meters, receiver)
  })
}

function told({ meter, installation, habit, missed }: Missed, down: ReadonlySet<string>, { isPowerLow }: SilentOptions): SilentMeter {
  const { lastAt, intervalMs, usualRssi, rssi, receiver } = habit
  return {
    meter,
    installation,
    lastHeard: new Date(lastAt).toISOString(),
    intervalSeconds: intervalMs === null ? null : Math.round(intervalMs / 1000),
    hoursMissed: missed,
    usualRssi: usualRssi === null ? null : Math.round(usualRssi),
    lastRssi: rssi === null ? null : Math.round(rssi),
    receiver,
    reason: down.has(receiver) ? 'receiver' : isPowerLow(meter) ? 'battery' : isWeak(usualRssi, rssi) ? 'radio-path' : 'removed',
  }
}

const isWeak = (usual: number | null, last: number | null): boolean =>
  usual !== null && last !== null && (last <= usual - WEAKER_DB || usual <= WEAK_DBM)
