import type { Log } from '../log.ts'
import type { Observer } from '../outcome.ts'
import type { Memory } from '../store/store.ts'
import { byMeter, packed, storedByMeter } from './by-meter.ts'
import { type HeardBy, heardBest } from './recent.ts'

/** When and how one registered meter is heard as a rule: learned from what is heard, so that silence can be told from rest. */
export interface Habit {
  /** The last telegram, milliseconds since 1970 UTC. */
  readonly lastAt: number
  /** Which heard it best. */
  readonly receiver: string
  /** dBm of that telegram there, and the mean of the hours before. */
  readonly rssi: number | null
  readonly usualRssi: number | null
  /** From one telegram to the next: half of the times are shorter. */
  readonly intervalMs: number | null
  /** In so many of the hours in which it may be heard it is heard once; 1 for a meter that is heard in all of them. */
  readonly hoursPerHearing: number
  /** The hours of the week in which it was heard, of this fortnight and of the one before it was heard in: 168 bits as hex digits. */
  readonly hours: string
  readonly before: string
  readonly fortnight: number
}

export interface Habits extends Observer {
  readonly meters: ReadonlyMap<string, Habit>
  forget(meter: string): void
  /** Writes what changed since the last time. */
  save(): void
}

/** Local hours since Monday 00:00, 0…167. */
export type HourOfWeek = (utcMs: number) => number

const HOUR_MS = 3_600_000
const FORTNIGHT_HOURS = 336
const NO_HOURS = '0'.repeat(42)
/** Nobody looks further back: what was silent for so long is silent. */
const MOST_HOURS = 4 * 168

const isSet = (mask: string, hour: number): boolean => (Number.parseInt(mask[hour >> 2]!, 16) & (1 << (hour & 3))) !== 0

function withHour(mask: string, hour: number): string {
  if (isSet(mask, hour)) return mask
  const at = hour >> 2
  const digit = Number.parseInt(mask[at]!, 16) | (1 << (hour & 3))
  return mask.slice(0, at) + digit.toString(16) + mask.slice(at + 1)
}

/** Whole hours between two moments in which the meter is heard as a rule: neither the hour of the one nor that of the other. */
export function hoursMissed({ hours, before }: Habit, fromMs: number, toMs: number, hourOfWeek: HourOfWeek): number {
  const [first, end] = [Math.floor(fromMs / HOUR_MS) + 1, Math.floor(toMs / HOUR_MS)]
  let missed = 0
  for (let hour = Math.max(first, end - MOST_HOURS); hour < end; hour++) {
    const at = hourOfWeek(hour * HOUR_MS)
    if (isSet(hours, at) || isSet(before, at)) missed++
  }
  return missed
}

const FIRST: Omit<Habit, 'lastAt' | 'receiver'> = {
  ...{ rssi: null, usualRssi: null, intervalMs: null, hoursPerHearing: 1, hours: NO_HOURS, before: NO_HOURS, fortnight: -1 },
}
/** How far one hour moves the usual strength, and one hearing the usual number of hours: some days' worth. */
const RSSI_PER_HOUR = 0.02
const HOURS_PER_HEARING = 0.1
/** How far one telegram moves the usual interval. */
const INTERVAL_STEP = 1.05

/** The habit with one more telegram. A clock that was put back tells nothing but when it was heard. */
export function heardAt(habit: Habit | undefined, utcMs: number, receiver: string, rssi: number | null, hourOfWeek: HourOfWeek): Habit {
  if (habit === undefined) return newHour({ ...FIRST, lastAt: utcMs, receiver, rssi, usualRssi: rssi }, utcMs, hourOfWeek)
  const gapMs = utcMs - habit.lastAt
  const told = { ...habit, lastAt: utcMs, receiver, rssi: rssi ?? habit.rssi }
  if (gapMs <= 0) return told
  const { intervalMs } = habit
  const next = {
    ...told,
    intervalMs: intervalMs === null ? gapMs : gapMs > intervalMs ? intervalMs * INTERVAL_STEP : intervalMs / INTERVAL_STEP,
  }
  if (Math.floor(utcMs / HOUR_MS) === Math.floor(habit.lastAt / HOUR_MS)) return next
  const passed = hoursMissed(habit, habit.lastAt, utcMs, hourOfWeek) + 1
  const { usualRssi, hoursPerHearing, rssi: last } = habit
  // The one before: by now everyone has told of it.
  const usual = usualRssi === null || last === null ? (usualRssi ?? rssi) : usualRssi + RSSI_PER_HOUR * (last - usualRssi)
  return newHour(
    { ...next, usualRssi: usual, hoursPerHearing: hoursPerHearing + HOURS_PER_HEARING * (passed - hoursPerHearing) },
    utcMs,
    hourOfWeek,
  )
}

/** The same telegram, heard better elsewhere. */
const heardBetter = (habit: Habit, { receiver, rssi }: HeardBy): Habit => ({
  ...habit,
  receiver,
  rssi: rssi ?? habit.rssi,
  ...(habit.intervalMs === null && { usualRssi: rssi ?? habit.usualRssi }),
})

function newHour(habit: Habit, utcMs: number, hourOfWeek: HourOfWeek): Habit {
  const fortnight = Math.floor(utcMs / HOUR_MS / FORTNIGHT_HOURS)
  const turned = fortnight !== habit.fortnight
  return {
    ...habit,
    fortnight,
    hours: withHour(turned ? NO_HOURS : habit.hours, hourOfWeek(utcMs)),
    before: turned ? habit.hours : habit.before,
  }
}

const KIND = 'habit'

/** As the store has them: for reports beside the daemon. Damaged ones are left out: they are learned anew. */
export const storedHabits = (memory: Memory): Map<string, Habit> => storedByMeter(memory, KIND)

/** One habit per registered meter that was ever heard; written once a day and at stop. */
export function loadHabits(memory: Memory, log: Log, hourOfWeek: HourOfWeek): Habits {
  const { meters, put, forget, save } = byMeter<Habit>(memory, KIND, { textOf })
  return {
    meters,
    outcome({ kind, meter, telegram, hearing }) {
      const { utcMs } = telegram.heard
      if (meter === null || utcMs === null || kind === 'unlisted') return
      const known = meters.get(meter)
      const best = heardBest(hearing?.by ?? [])
      const isRepeated = kind === 'duplicate'
      if (isRepeated && (known === undefined || best === null)) return
      put(meter, isRepeated ? heardBetter(known!, best!) : heardAt(known, utcMs, telegram.receiver, telegram.rssi, hourOfWeek))
    },
    forget,
    save() {
      try {
        save()
      } catch (err) {
        log.warn({ err }, 'when meters are heard could not be written; it is tried again')
      }
    },
  }
}

const textOf = (habit: Habit): string => {
  const { usualRssi, intervalMs, hoursPerHearing } = habit
  const short = (value: number | null): number | null => value && Number(value.toPrecision(5))
  return packed({ ...habit, usualRssi: short(usualRssi), intervalMs: short(intervalMs), hoursPerHearing: short(hoursPerHearing) })
}
