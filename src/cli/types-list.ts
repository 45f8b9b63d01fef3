import { claimText } from '../decoders/claims.ts'
import { DECODERS } from '../decoders/index.ts'
import type { Attach } from './command.ts'
import { failure } from './failure.ts'
import { count, print, printJson, say, table } from './output.ts'
import { ownTypes } from './own-types.ts'

export const typesList: Attach = (parent) =>
  void parent
    .command('list')
    .description('list the meter types: your own, which win, and the built-in ones')
    .option('--json', 'as JSON')
    .action((options: { json?: true }, command) => {
      const { types, problems } = ownTypes(command)
      if (problems.length > 0) throw failure('failed', problems.join('\n'))
      const builtIn = DECODERS.map((decoder) => ({ file: null, decoder }))
      const listed = [...types, ...builtIn].map(({ file, decoder: { name, version, meters } }) => ({ name, version, meters, file }))
      if (options.json) return printJson(listed)
      const rows = listed.map(({ name, version, meters, file }) => [
        `${name}/${version}`,
        meters.map(claimText).join('\n'),
        file ?? 'built-in',
      ])
      print(table(['TYPE', 'METERS', 'FROM'], rows))
      say(`${count(types.length, 'type')} of your own, ${builtIn.length} built-in`)
    })
