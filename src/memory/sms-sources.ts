import type { Log } from '../log.ts'
import type { Observer } from '../outcome.ts'
import type { Memory } from '../store/store.ts'
import { type Habit, type HourOfWeek, heardAt } from './habits.ts'

/** A registered meter that has reported by SMS. Its way by SMS ends when a person says so, and not by itself. */
export interface SmsSource {
  /** When it reports by SMS as a rule. */
  readonly habit: Habit
  /** Its last telegram over the air, milliseconds since 1970 UTC; null where it sent none. */
  readonly radioAt: number | null
  readonly ended: boolean
}

export interface SmsSources extends Observer {
  readonly meters: ReadonlyMap<string, SmsSource>
  /** A message of it was accepted: of when it is. One that is told again changes nothing. */
  reported(meter: string, utcMs: number): void
  /** Ends the way by SMS, or takes that back: stored when it returns. Throws where the disk refuses; false for a meter that never reported so. */
  end(meter: string, ended: boolean): boolean
  forget(meter: string): void
  /** Writes what changed since the last time. */
  save(): void
}

/** What the receiver of messages is called where others have names. */
export const BY_SMS = 'sms'

const KIND = 'sms-source'

/** As the store has them: for commands beside the daemon. Damaged ones are left out. */
export function storedSmsSources(memory: Memory): Map<string, SmsSource> {
  const sources = new Map<string, SmsSource>()
  for (const [meter, text] of memory.load(KIND)) {
    try {
      sources.set(meter, JSON.parse(text))
    } catch {
      // It is learned anew.
    }
  }
  return sources
}

/** What is known, and what of it is not written yet. */
interface Known {
  readonly memory: Memory
  readonly meters: Map<string, SmsSource>
  readonly changed: Set<string>
}

function put({ meters, changed }: Known, meter: string, source: SmsSource): void {
  meters.set(meter, source)
  changed.add(meter)
}

function write({ memory, meters, changed }: Known): void {
  const entries = [...changed].map((meter): [string, string | null] => [meter, textOf(meters.get(meter))])
  if (entries.length > 0) memory.save(KIND, new Map(entries))
  changed.clear()
}

/** One per meter that ever reported by SMS; `hourOfWeek`: as for habits. */
export function loadSmsSources(memory: Memory, log: Log, hourOfWeek: HourOfWeek): SmsSources {
  const known: Known = { memory, meters: storedSmsSources(memory), changed: new Set() }
  const { meters, changed } = known
  return {
    meters,
    outcome({ kind, meter, telegram }) {
      const source = meter === null || kind !== 'observation' ? undefined : meters.get(meter)
      const { utcMs } = telegram.heard
      if (source !== undefined && utcMs !== null) put(known, meter!, { ...source, radioAt: utcMs })
    },
    reported(meter, utcMs) {
      const source = meters.get(meter)
      if (source !== undefined && utcMs <= source.habit.lastAt) return
      const { radioAt = null, ended = false } = source ?? {}
      put(known, meter, { habit: heardAt(source?.habit, utcMs, BY_SMS, null, hourOfWeek), radioAt, ended })
    },
    end: (meter, ended) => end(known, meter, ended),
    forget(meter) {
      if (meters.delete(meter)) changed.add(meter)
    },
    save() {
      try {
        write(known)
      } catch (err) {
        log.warn({ err }, 'when meters report by SMS could not be written; it is tried again')
      }
    },
  }
}

function end(known: Known, meter: string, ended: boolean): boolean {
  const source = known.meters.get(meter)
  if (source === undefined) return false
  put(known, meter, { ...source, ended })
  try {
    write(known)
    return true
  } catch (err) {
    known.meters.set(meter, source)
    throw err
  }
}

const textOf = (source: SmsSource | undefined): string | null => (source === undefined ? null : JSON.stringify(source))

/** When each meter is heard, by whichever way it was heard last. */
export function heardEitherWay(habits: ReadonlyMap<string, Habit>, sources: ReadonlyMap<string, SmsSource>): Map<string, Habit> {
  const either = new Map(habits)
  for (const [meter, { habit, ended }] of sources) if (!ended && habit.lastAt > (habits.get(meter)?.lastAt ?? 0)) either.set(meter, habit)
  return either
}
