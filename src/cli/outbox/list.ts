import type { ExceptionRow } from '../../store/outbox/messages.ts'
import { type Attach, configOf } from '../command.ts'
import { whole } from '../option-values.ts'
import { count, print, printJson, say } from '../output.ts'
import { readingIfAny } from '../store-access.ts'
import { table } from '../table.ts'

interface Options {
  readonly sink?: string
  readonly limit: number
  readonly json?: true
}

export const outboxList: Attach = (parent) =>
  void parent
    .command('list')
    .description('list what a sink did not take, and why: held (tried again), refused, dropped')
    .option('--sink <sink>', 'of one sink')
    .option('--limit <n>', 'so many at most, the oldest first', whole(1, 1_000_000), 100)
    .option('--json', 'as JSON')
    .action(({ sink, limit, json }: Options, command) => {
      const query = { ...(sink !== undefined && { sink }), limit: limit + 1 }
      const found = readingIfAny(configOf(command), ({ outbox }) => outbox.exceptions(query)) ?? []
      const rows = found.slice(0, limit)
      if (json) return printJson(rows)
      if (rows.length > 0) print(table(['NO', 'SINK', 'STATE', 'MESSAGE', 'TRIES', 'NEXT TRY', 'REASON'], rows.map(cells)))
      say(found.length > limit ? `the first ${count(limit, 'message')}; --limit shows more` : count(rows.length, 'message'))
    })

const cells = ({ seq, sink, state, id, attempts, retryAt, reason }: ExceptionRow) => [
  seq,
  sink,
  state,
  id,
  attempts,
  retryAt === null ? null : new Date(retryAt).toISOString().slice(0, 19).replace('T', ' '),
  reason,
]
