import { stringify } from 'yaml'
import { durationText } from '../../config/duration.ts'
import { type Attach, configOf } from '../command.ts'
import { print, printJson } from '../output.ts'

export const configShow: Attach = (parent) =>
  void parent
    .command('show')
    .description('print the configuration as it takes effect: with every default, and where things lie')
    .option('--json', 'as JSON')
    .action((options: { json?: true }, command) => {
      const config = configOf(command)
      const { tolerance, closesAfter } = config.day
      const day = { ...config.day, tolerance: durationText(tolerance), closesAfter: durationText(closesAfter) }
      const keep = Object.fromEntries(Object.entries(config.keep).map(([kind, ms]) => [kind, durationText(ms)]))
      const shown = { ...config, day, keep, store: { maxSize: `${config.store.maxSize / 1_000_000}MB` } }
      if (options.json) printJson(shown)
      else print(stringify(shown).trimEnd())
    })
