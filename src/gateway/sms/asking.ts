/** Questions to modules that answer only, as the configuration wants them. */
import { Temporal } from 'temporal-polyfill'
import type { Config } from '../../config.ts'
import { type Asking, openAsking } from '../../sms/asking.ts'
import type { Modem } from '../../sms/modem/modem.ts'
import { submitPdu } from '../../sms/pdu/submit.ts'
import type { Senders } from '../../sms/senders.ts'
import { keptIn } from './kept.ts'
import type { SmsLineParts } from './line.ts'

/** The document of GSM6H modules has this one command. */
const COMMAND = '=READ_HEAT_METER#'
const PER_DAY = 1_000

/** `meters`: those that may be asked. */
export function askingBy(parts: SmsLineParts, modem: Modem, senders: () => Senders, meters: () => readonly string[]): Asking {
  const { sms, clock, log, store, config } = parts
  return openAsking({
    schedule: sms.ask ? { at: sms.ask.at, jitterMs: sms.ask.jitter, retries: sms.ask.retries } : null,
    perDay: sms.ask?.perDay ?? PER_DAY,
    clock,
    log,
    meters,
    send: (meter) => question(senders(), meter, sms.ask?.command ?? COMMAND, modem),
    now: () => localNow(clock.utcMs(), config),
    lastDay: keptIn(store.memory, 'sms-asked', 'day'),
    sentToday: keptIn(store.memory, 'sms-sent', 'day'),
    random: Math.random,
  })
}

function localNow(utcMs: number | null, { timeZone }: Config): { readonly day: string; readonly time: string } | null {
  if (utcMs === null) return null
  const local = Temporal.Instant.fromEpochMilliseconds(Math.floor(utcMs)).toZonedDateTimeISO(timeZone)
  return { day: local.toPlainDate().toString(), time: local.toPlainTime().toString().slice(0, 5) }
}

/** Sends the question to the number that reports the meter. */
async function question(senders: Senders, meter: string, command: string, modem: Modem): Promise<boolean> {
  const [phone] = [...senders].find(([phone, meters]) => phone.startsWith('+') && meters.has(meter)) ?? []
  const message = phone === undefined ? null : submitPdu(phone, command)
  return message !== null && (await modem.send(message))
}
