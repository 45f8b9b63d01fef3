import { type Attach, configOf } from '../command.ts'
import { count, print, printJson, say } from '../output.ts'
import { registeredMeters } from '../store-access.ts'
import { table } from '../table.ts'

export const keysList: Attach = (parent) =>
  void parent
    .command('list')
    .description('list the check values of the stored keys; the keys themselves are never shown')
    .option('--json', 'as JSON')
    .action((options: { json?: true }, command) => {
      const meters = registeredMeters(configOf(command))
      const keys = meters
        .filter(({ keyCheck }) => keyCheck !== null)
        .map(({ meter, keyCheck, nextKeyCheck }) => ({ meter, keyCheck, nextKeyCheck }))
      if (options.json) return printJson(keys)
      if (keys.length > 0)
        print(
          table(
            ['METER', 'KEY CHECK', 'NEXT'],
            keys.map(({ meter, keyCheck, nextKeyCheck }) => [meter, keyCheck, nextKeyCheck]),
          ),
        )
      say(`${count(keys.length, 'key')}, ${count(meters.length - keys.length, 'meter')} without`)
    })
