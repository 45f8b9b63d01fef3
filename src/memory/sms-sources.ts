import type { Log } from '../log.ts'
import type { Observer } from '../outcome.ts'
import type { Memory } from '../store/store.ts'
import { byMeter, storedByMeter } from './by-meter.ts'
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

/** As the store has them: for commands beside the daemon. Damaged ones are left out: they are learned anew. */
export const storedSmsSources = (memory: Memory): Map<string, SmsSource> => storedByMeter(memory, KIND)

/** One per meter that ever reported by SMS; `hourOfWeek`: as for habits. */
export function loadSmsSources(memory: Memory, log: Log, hourOfWeek: HourOfWeek): SmsSources {
  const { meters, put, forget, save } = byMeter<SmsSource>(memory, KIND)
  return {
    meters,
    outcome({ kind, meter, telegram }) {
      const source = meter === null || kind !== 'observation' ? undefined : meters.get(meter)
      const { utcMs } = telegram.heard
      if (source !== undefined && utcMs !== null) put(meter!, { ...source, radioAt: utcMs })
    },
    reported(meter, utcMs) {
      const source = meters.get(meter)
      if (source !== undefined && utcMs <= source.habit.lastAt) return
      const { radioAt = null, ended = false } = source ?? {}
      put(meter, { habit: heardAt(source?.habit, utcMs, BY_SMS, null, hourOfWeek), radioAt, ended })
    },
    end(meter, ended) {
      const source = meters.get(meter)
      if (source === undefined) return false
      put(meter, { ...source, ended })
      try {
        save()
        return true
      } catch (err) {
        put(meter, source)
        throw err
      }
    },
    forget,
    save() {
      try {
        save()
      } catch (err) {
        log.warn({ err }, 'when meters report by SMS could not be written; it is tried again')
      }
    },
  }
}

/** When each meter is heard, by whichever way it was heard last. */
export function heardEitherWay(habits: ReadonlyMap<string, Habit>, sources: ReadonlyMap<string, SmsSource>): Map<string, Habit> {
  const either = new Map(habits)
  for (const [meter, { habit, ended }] of sources) if (!ended && habit.lastAt > (habits.get(meter)?.lastAt ?? 0)) either.set(meter, habit)
  return either
}
