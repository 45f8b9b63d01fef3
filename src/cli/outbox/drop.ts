import { type Attach, configOf } from '../command.ts'
import { failure } from '../failure.ts'
import { askYes, canAsk } from '../input.ts'
import { count, print, printJson } from '../output.ts'
import { change } from '../store-access.ts'
import { type SelectOptions, selected } from './select.ts'

interface Options extends SelectOptions {
  readonly yes?: true
  readonly json?: true
}

export const outboxDrop: Attach = (parent) =>
  void parent
    .command('drop')
    .description('give up held and refused messages: they are not sent any more, and stay on this box')
    .argument('[number...]', 'their numbers, as "outbox list" shows them')
    .option('--all', 'all of them')
    .option('--sink <sink>', 'of one sink')
    .option('--yes', 'do not ask')
    .option('--json', 'as JSON')
    .action(async (numbers: string[], options: Options, command) => {
      const chosen = selected(numbers, options)
      const what = chosen.seqs
        ? count(chosen.seqs.length, 'message')
        : `all held and refused messages${options.sink ? ` of ${options.sink}` : ''}`
      if (!options.yes && !canAsk()) throw failure('usage', `This gives up ${what}: say --yes`)
      if (!options.yes && !(await askYes(`Give up ${what}?`))) throw failure('failed', 'Nothing was done.')
      const { dropped } = await change(configOf(command), 'outbox.drop', chosen)
      if (options.json) printJson({ dropped })
      else print(`${count(dropped, 'message')} given up; "varmesky readings resend" sends readings all the same`)
    })
