import { existsSync } from 'node:fs'
import { DEFAULT_KEK } from '../../store/meters/kek.ts'
import { type Attach, configOf } from '../command.ts'
import { print, printJson } from '../output.ts'
import { table } from '../table.ts'
import { credentialFile, SECRETS, type Secret, type SecretName } from './secrets.ts'

const KEK_CREDENTIAL = '/etc/credstore.encrypted/varmesky.kek'

export const secretsList: Attach = (parent) =>
  void parent
    .command('list')
    .description('which secrets there are, and where; never what they are')
    .option('--json', 'as JSON')
    .action((options: { json?: true }, command) => {
      const config = configOf(command)
      const kek = [config.kekFile ?? DEFAULT_KEK, KEK_CREDENTIAL].find((path) => existsSync(path)) ?? null
      const rows = [
        { name: 'kek', about: 'seals the meter keys', where: kek },
        ...Object.entries<Secret>(SECRETS).map(([name, { about, fileIn }]) => {
          const places = [fileIn(config), credentialFile(name as SecretName)]
          return { name, about, where: places.find((path) => path !== undefined && existsSync(path)) ?? null }
        }),
      ]
      if (options.json) printJson(rows)
      else
        print(
          table(
            ['SECRET', 'WHAT FOR', 'WHERE'],
            rows.map(({ name, about, where }) => [name, about, where]),
          ),
        )
    })
