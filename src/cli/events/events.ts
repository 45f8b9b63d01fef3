import { setTimeout as sleep } from 'node:timers/promises'
import { Option } from 'commander'
import { EVENTS, type EventMessage } from '../../events.ts'
import type { EventsQuery } from '../../store/outbox/messages.ts'
import { type Attach, configOf } from '../command.ts'
import { findMeter } from '../meters/meter-argument.ts'
import { duration, whole } from '../option-values.ts'
import { print, say } from '../output.ts'
import { readingIfAny } from '../store-access.ts'

interface Options {
  readonly meter?: string
  readonly since?: number
  readonly severity?: EventMessage['severity']
  readonly limit: number
  readonly follow?: true
  readonly json?: true
}

interface Told {
  readonly seq: number
  readonly event: EventMessage
}

const GRAVE = ['info', 'warning', 'error'] as const
const LOOK_MS = 1_000

export const events: Attach = (parent) =>
  void parent
    .command('events')
    .description('what was told: the events of the last weeks, oldest first')
    .option('--meter <meter>', 'of one meter')
    .option('--since <duration>', 'of the last 2h, 7d, …', duration)
    .addOption(new Option('--severity <severity>', 'of this gravity or more').choices(GRAVE))
    .option('--limit <n>', 'at most so many, the newest', whole(1, 100_000), 50)
    .option('--follow', 'and those that come, until Ctrl-C')
    .option('--json', 'one JSON object per line, as it was sent')
    .addHelpText('after', `\nEvents: ${Object.keys(EVENTS).join(', ')}`)
    .action(async (options: Options, command) => {
      const config = configOf(command)
      const meter =
        options.meter === undefined ? undefined : readingIfAny(config, ({ meters }) => findMeter(meters.list(), options.meter!).meter)
      const query = { ...(meter && { meter }), ...(options.since !== undefined && { since: Date.now() - options.since }) }
      const look = (more: EventsQuery): readonly Told[] =>
        (readingIfAny(config, ({ outbox }) => outbox.events({ ...query, ...more })) ?? []).map(({ seq, body }) => ({
          seq,
          event: JSON.parse(body) as EventMessage,
        }))
      const show = (told: readonly Told[]): void => {
        for (const { event } of told.filter(({ event }) => GRAVE.indexOf(event.severity) >= GRAVE.indexOf(options.severity ?? 'info')))
          print(options.json ? JSON.stringify(event) : eventText(event))
      }
      const first = look({ limit: options.limit })
      show(first)
      if (!options.follow) {
        if (first.length === 0) say('Nothing was told.')
        return
      }
      for (let after = first.at(-1)?.seq ?? 0; ; await sleep(LOOK_MS)) {
        const more = look({ after })
        show(more)
        after = more.at(-1)?.seq ?? after
      }
    })

const eventText = ({ at, severity, event, meter, text, facts, suppressed }: EventMessage): string => {
  const told = Object.entries(facts).map(([name, value]) => `${name} ${value}`)
  const more = [...told, ...(suppressed ? [`${suppressed} more before`] : [])].join(', ')
  return `${at?.replace(/\.\d+Z$/, 'Z') ?? 'time not known     '}  ${severity.padEnd(7)}  ${event}${meter ? `  ${meter}` : ''}: ${text}${more ? ` (${more})` : ''}`
}
