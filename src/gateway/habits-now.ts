/** When meters are heard, by whichever way, and who hears now: for whoever asks, and for the events of silence. */
import type { HabitsAnswer } from '../control/habits.ts'
import type { Habit } from '../memory/habits.ts'
import { BY_SMS, heardEitherWay } from '../memory/sms-sources.ts'
import type { Parts } from './parts.ts'

interface HabitsNow extends Omit<HabitsAnswer, 'meters'> {
  readonly meters: ReadonlyMap<string, Habit>
}

export function habitsNow({ clock, receivers, hearing, sms }: Pick<Parts, 'clock' | 'receivers' | 'hearing' | 'sms'>): HabitsNow {
  const bySms = sms ? [{ name: BY_SMS, state: sms.isReceiving() ? ('receiving' as const) : ('waiting' as const) }] : []
  const { meters } = hearing.habits
  return {
    utcMs: clock.utcMs(),
    receivers: [...receivers.map((receiver) => receiver.health()), ...bySms],
    meters: sms ? heardEitherWay(meters, sms.sources.meters) : meters,
  }
}
