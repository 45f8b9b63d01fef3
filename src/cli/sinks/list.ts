import { type Attach, configOf } from '../command.ts'
import { print, printJson, say } from '../output.ts'
import { readingIfAny } from '../store-access.ts'
import { table } from '../table.ts'
import { sinkNames } from './sink-names.ts'

export const sinksList: Attach = (parent) =>
  void parent
    .command('list')
    .description('list the ways out, and what waits for each; "varmesky status" says how they do')
    .option('--json', 'as JSON')
    .action((options: { json?: true }, command) => {
      const config = configOf(command)
      const names = sinkNames(config)
      const states = readingIfAny(config, ({ outbox }) => names.map((name) => outbox.state(name)))
      const rows = states ?? names.map((sink) => ({ sink, live: 0, backlog: 0, held: 0, refused: 0, everDelivered: false }))
      if (options.json) return printJson(rows)
      if (rows.length === 0) return say('No way out is configured (mqtt, csv, http, stdout).')
      print(
        table(
          ['SINK', 'WAITING', 'BACKLOG', 'HELD', 'REFUSED', 'EVER DELIVERED'],
          rows.map((s) => [s.sink, s.live, s.backlog, s.held, s.refused, s.everDelivered ? 'yes' : 'no']),
        ),
      )
    })
