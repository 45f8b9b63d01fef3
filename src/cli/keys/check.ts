import { keyCheck } from '../../store/meters/sealed-key.ts'
import { type Attach, configOf } from '../command.ts'
import { readKey } from '../input.ts'
import { print, printJson } from '../output.ts'
import { registeredMeters } from '../store-access.ts'

export const keysCheck: Attach = (parent) =>
  void parent
    .command('check')
    .description('print the check value of a key, and which registered meters have that key')
    .option('--key-stdin', 'read the key from standard input without asking')
    .option('--json', 'as JSON')
    .action(async (options: { keyStdin?: true; json?: true }, command) => {
      const config = configOf(command)
      const check = keyCheck(await readKey('Key (32 hexadecimal digits)', options.keyStdin === true))
      const meters = registeredMeters(config)
        .filter((meter) => meter.keyCheck === check)
        .map(({ meter }) => meter)
      if (options.json) return printJson({ keyCheck: check, meters })
      print(`key check ${check}: ${meters.length > 0 ? `the key of ${meters.join(', ')}` : 'no registered meter has this key'}`)
    })
