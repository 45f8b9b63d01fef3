import { type Attach, configOf } from './command.ts'
import { count, print, printJson, say, table } from './output.ts'
import { registeredMeters } from './store-access.ts'

export const metersList: Attach = (parent) =>
  void parent
    .command('list')
    .description('list the registered meters; keys only by their check value')
    .option('--json', 'as JSON')
    .action((options: { json?: true }, command) => {
      const meters = registeredMeters(configOf(command))
      if (options.json) return printJson(meters)
      if (meters.length > 0)
        print(
          table(
            ['METER', 'KEY CHECK', 'LABEL', 'INSTALLATION', 'ADDED'],
            meters.map(({ meter, keyCheck, label, installation, addedAt }) => [
              meter,
              keyCheck,
              label,
              installation,
              addedAt?.slice(0, 10),
            ]),
          ),
        )
      say(count(meters.length, 'meter'))
    })
