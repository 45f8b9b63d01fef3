import type { Meter } from '../../store/store.ts'
import { noted } from '../audit/noted.ts'
import { type Attach, configOf } from '../command.ts'
import { csvText } from '../csv-text.ts'
import { count, print, printJson, say } from '../output.ts'
import { registeredMeters } from '../store-access.ts'

/** The first five are columns of "meters import", too. */
const COLUMNS = ['meter', 'label', 'installation', 'alias', 'wired', 'plain', 'added', 'retired', 'replaced_by'] as const

export const metersExport: Attach = (parent) =>
  void parent
    .command('export')
    .description('the register on standard output: CSV that "meters import" takes; never a key, never a reading')
    .option('--json', 'as JSON')
    .action(async (options: { json?: true }, command) => {
      const config = configOf(command)
      const meters = registeredMeters(config)
      await noted(config, { what: 'export', facts: { of: 'the register', meters: meters.length } })
      if (options.json) return printJson(meters.map(({ keyCheck: _, nextKeyCheck: __, ...meter }) => meter))
      print(csvText(COLUMNS, meters.map(row)))
      say(count(meters.length, 'meter'))
    })

const row = ({ meter, label, installation, aliases, wired, plain, addedAt, retiredAt, replacedBy }: Meter) => [
  meter,
  label,
  installation,
  aliases.join(' '),
  wired.join(' '),
  plain,
  addedAt,
  retiredAt,
  replacedBy,
]
