import { type Attach, configOf } from '../command.ts'
import { failure } from '../failure.ts'
import { ANY_NAME, findMeter } from '../meters/meter-argument.ts'
import { count, print, printJson, say } from '../output.ts'
import { sinksAsked } from '../sinks/sink-names.ts'
import { change, registeredMeters } from '../store-access.ts'
import { dayArgument } from './reading-text.ts'

interface Options {
  readonly from: string
  readonly to: string
  readonly meter?: string
  readonly sink?: string
  readonly json?: true
}

export const readingsResend: Attach = (parent) =>
  void parent
    .command('resend')
    .description('send the readings of some days again; billing knows them by their ids, so nothing is counted twice')
    .requiredOption('--from <day>', 'the first day, YYYY-MM-DD')
    .requiredOption('--to <day>', 'the last day')
    .option('--meter <meter>', `of one meter: ${ANY_NAME}`)
    .option('--sink <sink>', 'on one sink; without it on all that are configured')
    .option('--json', 'as JSON')
    .action(async (options: Options, command) => {
      const config = configOf(command)
      const [from, to] = [dayArgument(options.from), dayArgument(options.to)]
      if (from > to) throw failure('usage', `--from ${from} lies after --to ${to}`)
      const meter = options.meter === undefined ? undefined : findMeter(registeredMeters(config), options.meter).meter
      const sinks = [...sinksAsked(config, options.sink)]
      const { requeued } = await change(config, 'readings.resend', { from, to, sinks, ...(meter && { meter }) })
      if (options.json) return printJson({ from, to, ...(meter && { meter }), sinks, requeued })
      print(`${count(requeued, 'message')} to be sent again on ${sinks.join(', ')}`)
      if (requeued === 0) say('There are no readings of those days that were sent before: what was never sent waits anyway.')
    })
