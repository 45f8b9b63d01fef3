/** What a person must be told of the modem, from looking at it again and again. */
import { isAlmostFull, type ModemHealth, networkTrouble } from './modem/state.ts'

/** Facts by the name of the event. */
export type SmsAlarms = {
  readonly 'sms.modem'?: { readonly why: string | null }
  readonly 'sms.storage-full'?: NonNullable<ModemHealth['storage']>
}

/** A modem that is set up anew takes a minute or two. */
const AWAY_MS = 10 * 60_000

/** Handed the state of the modem, it gives back what is wrong then. */
export function smsAlarms(startedMs: number): (health: ModemHealth, nowMs: number) => SmsAlarms {
  let wellMs = startedMs
  return (health, nowMs) => {
    const { state, trouble, storage } = health
    if (state === 'receiving' && networkTrouble(health) === null) wellMs = nowMs
    return {
      ...(nowMs - wellMs >= AWAY_MS && { 'sms.modem': { why: trouble } }),
      ...(isAlmostFull(storage) && { 'sms.storage-full': storage }),
    }
  }
}
