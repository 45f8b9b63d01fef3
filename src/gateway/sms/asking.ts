/** Questions to modules that answer only, as the configuration wants them. */
import { Temporal } from 'temporal-polyfill'
import type { Config } from '../../config.ts'
import { byMeter } from '../../memory/by-meter.ts'
import { whenGone } from '../../memory/gone.ts'
import { type Asked, type AskedBook, type Asking, openAsking } from '../../sms/asking.ts'
import type { Modem } from '../../sms/modem/modem.ts'
import { submitPdu } from '../../sms/pdu/submit.ts'
import type { Store } from '../../store/store.ts'
import { keptIn } from './kept.ts'
import type { SmsLineParts } from './line.ts'

/** The document of GSM6H modules has this one command. */
const COMMAND = '=READ_HEAT_METER#'
const PER_DAY = 1_000

/** `phones`: of the meters that may be asked. */
export function askingBy(parts: SmsLineParts, modem: Modem, phones: () => ReadonlyMap<string, string>): Asking {
  const { sms, clock, log, store, config } = parts
  const command = sms.ask?.command ?? COMMAND
  return openAsking({
    schedule: sms.ask ? { at: sms.ask.at, jitterMs: sms.ask.jitter, retries: sms.ask.retries } : null,
    perDay: sms.ask?.perDay ?? PER_DAY,
    clock,
    log,
    meters: () => [...phones().keys()],
    send: (meter) => question(phones().get(meter), command, modem),
    now: () => localNow(clock.utcMs(), config),
    asked: bookIn(store),
    sentToday: keptIn(store.memory, 'sms-sent', 'day'),
    random: Math.random,
  })
}

/** Each written at once; forgotten with its meter, in the file with the next one. */
function bookIn(store: Store): AskedBook {
  const { meters, put, forget, save } = byMeter<Asked>(store.memory, 'sms-question')
  whenGone(store.meters, forget)
  return {
    get: (meter) => meters.get(meter),
    put(meter, asked) {
      put(meter, asked)
      save()
    },
  }
}

function localNow(utcMs: number | null, { timeZone }: Config): { readonly day: string; readonly time: string } | null {
  if (utcMs === null) return null
  const local = Temporal.Instant.fromEpochMilliseconds(Math.floor(utcMs)).toZonedDateTimeISO(timeZone)
  return { day: local.toPlainDate().toString(), time: local.toPlainTime().toString().slice(0, 5) }
}

/** Sends the question to the number that reports the meter. */
async function question(phone: string | undefined, command: string, modem: Modem): Promise<boolean> {
  const message = phone === undefined ? null : submitPdu(phone, command)
  return message !== null && (await modem.send(message))
}
