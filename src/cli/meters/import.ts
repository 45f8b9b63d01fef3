import { type Attach, configOf } from '../command.ts'
import { failure } from '../failure.ts'
import { askYes, canAsk, PASSPHRASE_OPTION, readPassphrase } from '../input.ts'
import { count, print, printJson, say } from '../output.ts'
import { progress } from '../progress.ts'
import { change, registeredMeters } from '../store-access.ts'
import { table } from '../table.ts'
import { type MeterList, readBytes, readMeterList } from './import-file.ts'
import { isDirectory, readKeyFile, readMeterDirectory } from './import-key-file.ts'
import { type Plan, planImport } from './import-plan.ts'

interface Options {
  readonly manufacturer?: string
  readonly passphraseFile?: string
  readonly yes?: true
  readonly json?: true
}

const MOST_LINES_SHOWN = 40

export const metersImport: Attach = (parent) =>
  void parent
    .command('import')
    .description('register the meters of a list (CSV), a KEM file or wmbusmeters.d; shows what would change, does all or nothing')
    .argument('<file>', 'first line: names of the columns; meter, and any of manufacturer, key, label, installation, alias, wired')
    .option('--manufacturer <letters>', 'of the lines that name none, as in KAM')
    .option(...PASSPHRASE_OPTION)
    .option('--yes', 'import without asking')
    .option('--json', 'the report as JSON')
    .action(async (file: string, options: Options, command) => {
      const config = configOf(command)
      const list = await readList(file, options.passphraseFile)
      const bar = progress(list.rows.length)
      const plan = planImport(list.rows, registeredMeters(config), options.manufacturer ?? '', () => bar.add(1))
      bar.stop()
      const entries = [...plan.added, ...plan.changed.map(({ entry }) => entry)]
      const wanted = plan.refused.length === 0 && entries.length > 0
      if (!options.json) report(plan, list)
      const doIt = wanted && (options.yes || (canAsk() && (await askYes(`Import ${count(entries.length, 'meter')}?`))))
      if (doIt) await change(config, 'meters.put', { entries })
      if (options.json) printJson(reportJson(plan, list, Boolean(doIt)))
      if (plan.refused.length > 0)
        throw failure(
          plan.refused.some(({ policy }) => policy) ? 'refused' : 'failed',
          'Nothing was imported: mend the lines that were refused, or take them out.',
        )
      if (entries.length === 0) say('Nothing to import.')
      else say(doIt ? `Imported ${count(entries.length, 'meter')}.` : 'Nothing was imported: this was a dry run. Say --yes to import.')
    })

/** By what the file is, not by its name. */
const readList = async (file: string, passphraseFile: string | undefined): Promise<MeterList> => {
  if (isDirectory(file)) return readMeterDirectory(file)
  const bytes = readBytes(file)
  const askPassword = (): Promise<string> => readPassphrase('Password of the key file', passphraseFile, false)
  return (await readKeyFile(file, bytes, askPassword)) ?? readMeterList(file, bytes)
}

const report = ({ added, changed, same, refused, shortened }: Plan, { unused, places }: MeterList): void => {
  const place = (line: number): string => places?.[line - 1] ?? String(line)
  print(`new ${added.length}, same ${same}, changed ${changed.length}, refused ${refused.length}`)
  const keyless = added.filter(({ key }) => key === undefined).length
  if (keyless > 0) say(`${count(keyless, 'new meter')} without a key`)
  const [example] = shortened
  if (example) say(`Leading zeros put back in ${count(shortened.size, 'number')}, such as ${example[0]}: ${example[1]}`)
  if (unused.length > 0) say(`${places ? 'Left out' : 'Columns not used'}: ${unused.join(', ')}`)
  const lines = [
    ...refused.map(({ line, reason }) => [place(line), 'refused', reason] as const),
    ...changed.map(({ line, entry, what }) => [place(line), 'changed', `${entry.meter}: ${what.join(', ')}`] as const),
  ]
  if (lines.length > 0) print(table([places ? 'FROM' : 'LINE', '', ''], lines.slice(0, MOST_LINES_SHOWN)))
  if (lines.length > MOST_LINES_SHOWN) print(`… and ${lines.length - MOST_LINES_SHOWN} more; --json shows all`)
}

/** Never with a key: an entry of the plan has one. */
const reportJson = ({ added, changed, same, refused, shortened }: Plan, { unused, places }: MeterList, imported: boolean): object => ({
  imported,
  new: added.map(({ meter }) => meter),
  same,
  changed: changed.map(({ line, entry, what }) => ({ line, ...from(places, line), meter: entry.meter, what })),
  refused: refused.map(({ line, reason }) => ({ line, ...from(places, line), reason })),
  leadingZeros: Object.fromEntries(shortened),
  unusedColumns: unused,
})

const from = (places: MeterList['places'], line: number): object => (places ? { from: places[line - 1] } : {})
