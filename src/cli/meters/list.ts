import { type Attach, configOf } from '../command.ts'
import { count, print, printJson, say } from '../output.ts'
import { registeredMeters } from '../store-access.ts'
import { table } from '../table.ts'
import { isWanted, selected, type Wanted } from './selection.ts'

interface Options extends Wanted {
  readonly all?: true
  readonly json?: true
}

export const metersList: Attach = (parent) =>
  void parent
    .command('list')
    .description('list the registered meters; keys only by their check value')
    .option('--all', 'also those that were taken out of service')
    .option('--unheard', 'only those never heard, and of which there is no reading')
    .option('--wrong-key', 'only those whose telegrams stay closed: the key is wrong, or there is none')
    .option('--plain', 'only those that send unencrypted')
    .option('--unlisted', 'those that are heard and not registered')
    .option('--json', 'as JSON')
    .action(async (options: Options, command) => {
      const config = configOf(command)
      if (isWanted(options)) return report(await selected(config, options), options)
      const meters = registeredMeters(config).filter(({ retiredAt }) => options.all || retiredAt === null)
      if (options.json) return printJson(meters)
      if (meters.length > 0)
        print(
          table(
            ['METER', 'KEY CHECK', 'LABEL', 'INSTALLATION', 'ALIASES', 'ADDED', ...(options.all ? ['RETIRED'] : [])],
            meters.map(({ meter, keyCheck, label, installation, aliases, wired, addedAt, retiredAt }) => [
              meter,
              keyCheck,
              label,
              installation,
              [...aliases, ...wired].join(' '),
              addedAt?.slice(0, 10),
              ...(options.all ? [retiredAt?.slice(0, 10)] : []),
            ]),
          ),
        )
      say(count(meters.length, 'meter'))
    })

const report = (meters: Awaited<ReturnType<typeof selected>>, { json }: Options): void => {
  const rows = meters.map(({ meter, keyCheck, label, installation, why }) => [meter, keyCheck, label, installation, why.join('; ')])
  if (json) printJson(meters)
  else if (rows.length > 0) print(table(['METER', 'KEY CHECK', 'LABEL', 'INSTALLATION', 'WHY'], rows))
  if (!json) say(count(meters.length, 'meter'))
}
