/** How messages are read and whose they are: the formats of the configuration, the list of senders, the registered meters. */
import { now } from '../../clock.ts'
import type { Config } from '../../config.ts'
import { READY, type Template, templateProblem } from '../../sms/formats/template.ts'
import { judgeWith } from '../../sms/judge.ts'
import { instantOf } from '../../sms/local-times.ts'
import type { Senders } from '../../sms/senders.ts'
import type { Judge } from '../../sms/verdict.ts'
import { endOf, knownMeter } from './find.ts'
import type { SmsLineParts } from './line.ts'

/** Throws an error that says what to try, where a template cannot work. */
export function judgeOf(parts: SmsLineParts, senders: () => Senders): Judge {
  const { config, sms, clock, store, meters, registry, sources } = parts
  return judgeWith({
    senders,
    templates: sms.formats.map(templateOf),
    now: () => now(clock),
    instantOf: (local, zone, notAfterMs) => instantOf(local, zone ?? config.timeZone, notAfterMs),
    registry,
    find: (name) => knownMeter(store, meters, name),
    endOf: (meter) => endOf(store, sources, meter),
  })
}

function templateOf(format: NonNullable<Config['sms']>['formats'][number]): Template {
  const template = typeof format === 'string' ? READY[format]! : (format as Template)
  const problem = templateProblem(template)
  if (problem !== null) throw new Error(`sms.formats: the template "${template.name}" ${problem}`)
  return template
}
