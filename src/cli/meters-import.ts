import { type Attach, configOf } from './command.ts'
import { failure } from './failure.ts'
import { readMeterList } from './import-file.ts'
import { type Plan, planImport } from './import-plan.ts'
import { askYes, canAsk } from './input.ts'
import { count, print, printJson, say, table } from './output.ts'
import { progress } from './progress.ts'
import { change, registeredMeters } from './store-access.ts'

interface Options {
  readonly manufacturer?: string
  readonly yes?: true
  readonly json?: true
}

const MOST_LINES_SHOWN = 40

export const metersImport: Attach = (parent) =>
  void parent
    .command('import')
    .description('register the meters of a list (CSV); shows first what would change, then does all of it or nothing')
    .argument('<file>', 'first line: names of the columns; meter, and any of manufacturer, key, label, installation, alias, wired')
    .option('--manufacturer <letters>', 'of the lines that name none, as in KAM')
    .option('--yes', 'import without asking')
    .option('--json', 'the report as JSON')
    .action(async (file: string, options: Options, command) => {
      const config = configOf(command)
      const { rows, unused } = readMeterList(file)
      const bar = progress(rows.length)
      const plan = planImport(rows, registeredMeters(config), options.manufacturer ?? '', () => bar.add(1))
      bar.stop()
      const entries = [...plan.added, ...plan.changed.map(({ entry }) => entry)]
      const wanted = plan.refused.length === 0 && entries.length > 0
      if (!options.json) report(plan, unused)
      const doIt = wanted && (options.yes || (canAsk() && (await askYes(`Import ${count(entries.length, 'meter')}?`))))
      if (doIt) await change(config, 'meters.put', { entries })
      if (options.json) printJson(reportJson(plan, unused, Boolean(doIt)))
      if (plan.refused.length > 0)
        throw failure(
          plan.refused.some(({ policy }) => policy) ? 'refused' : 'failed',
          'Nothing was imported: mend the lines that were refused, or take them out.',
        )
      if (entries.length === 0) say('Nothing to import.')
      else say(doIt ? `Imported ${count(entries.length, 'meter')}.` : 'Nothing was imported: this was a dry run. Say --yes to import.')
    })

const report = ({ added, changed, same, refused, shortened }: Plan, unused: readonly string[]): void => {
  print(`new ${added.length}, same ${same}, changed ${changed.length}, refused ${refused.length}`)
  const keyless = added.filter(({ key }) => key === undefined).length
  if (keyless > 0) say(`${count(keyless, 'new meter')} without a key`)
  const [example] = shortened
  if (example) say(`Leading zeros put back in ${count(shortened.size, 'number')}, such as ${example[0]}: ${example[1]}`)
  if (unused.length > 0) say(`Columns not used: ${unused.join(', ')}`)
  const lines = [
    ...refused.map(({ line, reason }) => [line, 'refused', reason] as const),
    ...changed.map(({ line, entry, what }) => [line, 'changed', `${entry.meter}: ${what.join(', ')}`] as const),
  ]
  if (lines.length > 0) print(table(['LINE', '', ''], lines.slice(0, MOST_LINES_SHOWN)))
  if (lines.length > MOST_LINES_SHOWN) print(`… and ${lines.length - MOST_LINES_SHOWN} more; --json shows all`)
}

/** Never with a key: an entry of the plan has one. */
const reportJson = ({ added, changed, same, refused, shortened }: Plan, unused: readonly string[], imported: boolean): object => ({
  imported,
  new: added.map(({ meter }) => meter),
  same,
  changed: changed.map(({ line, entry, what }) => ({ line, meter: entry.meter, what })),
  refused: refused.map(({ line, reason }) => ({ line, reason })),
  leadingZeros: Object.fromEntries(shortened),
  unusedColumns: unused,
})
