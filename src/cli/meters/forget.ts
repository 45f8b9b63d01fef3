import { type Attach, configOf } from '../command.ts'
import { failure } from '../failure.ts'
import { askYes, canAsk } from '../input.ts'
import { print, printJson, say } from '../output.ts'
import { change, registeredMeters } from '../store-access.ts'
import { ANY_NAME, findMeter } from './meter-argument.ts'

/** Words for the tables, for those who must say what was removed. */
const WORDS: Readonly<Record<string, string>> = {
  outbox: 'messages, sent or not',
  messages: 'messages of days and exchanges that named it',
  telegrams: 'telegrams',
  memory: 'entries of the memory (candidates, marks, last reading)',
  meter_keys: 'keys',
  meters: 'meter',
  audit: 'entries of the audit: they stay, without its number',
}

const LEFT = `Not reached from here: what billing and the broker already have, CSV files, backups and captures made before, files of a damaged
database that were put aside (varmesky.db.corrupt-…, varmesky.db.salvaged-…), the log, and whoever took an export.`

export const metersForget: Attach = (parent) =>
  void parent
    .command('forget')
    .description('remove everything that is stored of a meter: readings, telegrams, key, and what waits to be sent')
    .argument('<meter>', ANY_NAME)
    .option('--yes', 'do not ask')
    .option('--json', 'as JSON')
    .action(async (text: string, options: { yes?: true; json?: true }, command) => {
      const config = configOf(command)
      const { meter } = findMeter(registeredMeters(config), text)
      const what = `everything that is stored of ${meter}, readings that were not sent yet among it`
      if (!options.yes && !canAsk()) throw failure('usage', `This removes ${what}: say --yes`)
      if (!options.yes && !(await askYes(`Remove ${what}?`))) throw failure('failed', 'Nothing was done.')
      const done = await change(config, 'meters.forget', { meter })
      if (options.json) return printJson(done)
      print(`${meter} is forgotten`)
      for (const [table, rows] of Object.entries(done.rows)) print(`  ${rows} ${WORDS[table] ?? table}`)
      say(LEFT)
    })
