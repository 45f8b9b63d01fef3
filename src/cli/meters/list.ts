import { type Attach, configOf } from '../command.ts'
import { count, print, printJson, say, table } from '../output.ts'
import { registeredMeters } from '../store-access.ts'

export const metersList: Attach = (parent) =>
  void parent
    .command('list')
    .description('list the registered meters; keys only by their check value')
    .option('--all', 'also those that were taken out of service')
    .option('--json', 'as JSON')
    .action((options: { all?: true; json?: true }, command) => {
      const meters = registeredMeters(configOf(command)).filter(({ retiredAt }) => options.all || retiredAt === null)
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
