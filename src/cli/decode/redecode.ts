import { type RedecodeArgs, type RedecodeResult, redecodeAction } from '../../actions/redecode.ts'
import { silentLog } from '../../log.ts'
import { type Attach, configOf } from '../command.ts'
import { ANY_NAME, findMeter } from '../meters/meter-argument.ts'
import { count, print, printJson, say } from '../output.ts'
import { dayArgument } from '../readings/reading-text.ts'
import { ask, registeredMeters, writing } from '../store-access.ts'
import { table } from '../table.ts'

interface Options {
  readonly since?: string
  readonly meter?: string
  readonly apply?: true
  readonly reason?: string
  readonly json?: true
}

export const redecode: Attach = (parent) =>
  void parent
    .command('redecode')
    .description('decode the kept telegrams again with the meter types as they are now, and show what would differ')
    .option('--since <day>', 'from this day on, YYYY-MM-DD; without it all that is kept (48 h)')
    .option('--meter <meter>', `of one meter: ${ANY_NAME}`)
    .option('--apply', 'publish what differs as corrections')
    .option('--reason <text>', 'why, for those who read the corrections')
    .option('--json', 'as JSON')
    .action(async (options: Options, command) => {
      const config = configOf(command)
      const args: RedecodeArgs = {
        apply: options.apply ?? false,
        ...(options.since && { from: dayArgument(options.since) }),
        ...(options.meter && { meter: findMeter(registeredMeters(config), options.meter).meter }),
        ...(options.reason && { reason: options.reason }),
      }
      const answer = await ask(config, 'redecode', args)
      const done = (answer?.result ?? writing(config, (store) => redecodeAction(store, config, silentLog, args))) as RedecodeResult
      if (options.json) printJson(done)
      else tell(done)
    })

function tell({ telegrams, differences, failures, applied }: RedecodeResult): void {
  const rows = differences.flatMap(({ meter, day, decoder, changes }) =>
    changes.map(({ field, before, now }) => [day, meter, field, before, now, `${decoder.before} → ${decoder.now}`]),
  )
  if (rows.length > 0) print(table(['DAY', 'METER', 'FIELD', 'BEFORE', 'NOW', 'METER TYPE'], rows))
  for (const { meter, day, reason } of failures) say(`${day} ${meter}: no reading now: ${reason}`)
  say(`${count(telegrams, 'telegram')} decoded again, ${count(differences.length, 'reading')} would differ`)
  if (applied > 0) say(`${count(applied, 'correction')} stored, to be sent`)
  else if (differences.length > 0) say('Nothing was changed: --apply publishes them as corrections.')
}
