import { type Attach, configOf } from '../command.ts'
import { failure } from '../failure.ts'
import { askYes, canAsk } from '../input.ts'
import { print } from '../output.ts'
import { change, registeredMeters } from '../store-access.ts'
import { ANY_NAME, findMeter } from './meter-argument.ts'

export const metersRemove: Attach = (parent) =>
  void parent
    .command('remove')
    .description('remove a meter and its key; its readings stay')
    .argument('<meter>', ANY_NAME)
    .option('--yes', 'do not ask')
    .action(async (text: string, options: { yes?: true }, command) => {
      const config = configOf(command)
      const { meter, keyCheck } = findMeter(registeredMeters(config), text)
      const what = `${meter}${keyCheck ? ` and its key (check ${keyCheck})` : ''}`
      if (!options.yes && !canAsk()) throw failure('usage', `This removes ${what}: say --yes`)
      if (!options.yes && !(await askYes(`Remove ${what}?`))) throw failure('failed', 'Nothing was done.')
      await change(config, 'meters.remove', { meter })
      print(`${meter} removed`)
    })
