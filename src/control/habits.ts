import type { Habit } from '../memory/habits.ts'
import type { ReceiverHealth } from '../receivers/receiver.ts'

/** When meters are heard as a rule: the result of the control action `habits`. */
export interface HabitsAnswer {
  /** Milliseconds since 1970 UTC by the daemon's clock; null while the time is not known. */
  readonly utcMs: number | null
  /** Those of messages included, as one. */
  readonly receivers: readonly Pick<ReceiverHealth, 'name' | 'state'>[]
  readonly meters: Readonly<Record<string, Habit>>
}
