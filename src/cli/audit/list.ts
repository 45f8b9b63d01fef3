import { METER } from '../../control/meter-entry.ts'
import { AUDITED, type AuditEntry } from '../../store/meters/audit.ts'
import { type Attach, configOf } from '../command.ts'
import { ANY_NAME, findMeter } from '../meters/meter-argument.ts'
import { whole } from '../option-values.ts'
import { count, print, printJson, say } from '../output.ts'
import { readingIfAny } from '../store-access.ts'
import { table } from '../table.ts'

interface Options {
  readonly meter?: string
  readonly last: number
  readonly json?: true
}

export const auditList: Attach = (parent) =>
  void parent
    .command('list')
    .description('who registered and removed meters, set keys, took data out, purged, restored; the newest at the end')
    .option('--meter <meter>', `about one meter: ${ANY_NAME}`)
    .option('--last <n>', 'so many', whole(1, 1_000_000), 50)
    .option('--json', 'as JSON')
    .action(({ meter, last, json }: Options, command) => {
      const entries =
        readingIfAny(configOf(command), ({ audit, meters }) =>
          audit.list({ limit: last, ...(meter !== undefined && { subject: subjectOf(meters.list(), meter) }) }),
        ) ?? []
      if (json) return printJson(entries)
      if (entries.length > 0) print(table(['AT', 'WHO', 'WHAT', 'METER', 'FACTS'], entries.map(row)))
      say(count(entries.length, 'entry', 'entries'))
    })

/** Entries outlive their meter: a whole name means one that is gone. */
const subjectOf = (meters: Parameters<typeof findMeter>[0], text: string): string =>
  METER.test(text) ? text : findMeter(meters, text).meter

const row = ({ at, who, what, subject, facts }: AuditEntry) => [
  at?.slice(0, 19).replace('T', ' '),
  who,
  AUDITED[what] ?? what,
  subject,
  Object.entries(facts)
    .map(([name, value]) => `${name} ${value ?? '–'}`)
    .join(', '),
]
