import { type Attach, configOf } from '../command.ts'
import { whole } from '../option-values.ts'
import { count, print, printJson, say } from '../output.ts'
import { readingIfAny } from '../store-access.ts'
import { table } from '../table.ts'
import { type DayState, dayState } from './day-state.ts'

export const daysList: Attach = (parent) =>
  void parent
    .command('list')
    .description('list the days: how many readings are expected, published, accepted, confirmed and missing')
    .option('--limit <n>', 'so many days, the newest first', whole(1, 1_000_000), 14)
    .option('--json', 'as JSON')
    .action(({ limit, json }: { limit: number; json?: true }, command) => {
      const states = readingIfAny(configOf(command), (store) => store.days.list({ limit }).map((day) => dayState(store, day))) ?? []
      if (json) return printJson(states)
      if (states.length > 0)
        print(table(['DAY', 'STATE', 'EXPECTED', 'PUBLISHED', 'MISSING', 'SINK', 'ACCEPTED', 'CONFIRMED', 'DIGEST'], states.flatMap(rows)))
      say(count(states.length, 'day'))
    })

/** One row per sink; the day itself is told once. */
const rows = ({ day, issue, expected, published, missingCount, digest, sinks }: DayState) => {
  const head = [day, issue === null ? 'open' : 'closed', expected, published, missingCount]
  if (sinks.length === 0) return [[...head, null, null, null, digest.slice(0, 12)]]
  return sinks.map(({ sink, accepted, confirmed }, i) => [
    ...(i === 0 ? head : ['', '', '', '', '']),
    ...[sink, accepted, confirmed, i === 0 ? digest.slice(0, 12) : ''],
  ])
}
