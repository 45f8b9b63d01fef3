import { type Attach, configOf } from '../command.ts'
import { count, print, printJson } from '../output.ts'
import { change } from '../store-access.ts'
import { type SelectOptions, selected } from './select.ts'

export const outboxRetry: Attach = (parent) =>
  void parent
    .command('retry')
    .description('try held and refused messages again now')
    .argument('[number...]', 'their numbers, as "outbox list" shows them')
    .option('--all', 'all of them')
    .option('--sink <sink>', 'of one sink')
    .option('--json', 'as JSON')
    .action(async (numbers: string[], options: SelectOptions & { json?: true }, command) => {
      const { retried } = await change(configOf(command), 'outbox.retry', selected(numbers, options))
      if (options.json) printJson({ retried })
      else print(`${count(retried, 'message')} to be tried again`)
    })
