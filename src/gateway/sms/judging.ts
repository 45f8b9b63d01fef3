/** How messages are read and whose they are: the formats of the configuration, the list of senders, the registered meters. */
import { now } from '../../clock.ts'
import { judgeWith } from '../../sms/judge.ts'
import { instantOf } from '../../sms/local-times.ts'
import type { Senders } from '../../sms/senders.ts'
import type { Judge } from '../../sms/verdict.ts'
import { templatesOf } from './check.ts'
import { endOf, knownMeter } from './find.ts'
import type { SmsLineParts } from './line.ts'

export function judgeOf(parts: SmsLineParts, senders: () => Senders): Judge {
  const { config, sms, clock, store, meters, registry, sources } = parts
  return judgeWith({
    senders,
    templates: templatesOf(sms),
    now: () => now(clock),
    instantOf: (local, zone, notAfterMs) => instantOf(local, zone ?? config.timeZone, notAfterMs),
    registry,
    find: (name) => knownMeter(store, meters, name),
    endOf: (meter) => endOf(store, sources, meter),
  })
}
