import { claimText } from '../../decoders/claims.ts'
import type { Decoder } from '../../decoders/decoder.ts'
import { DECODERS } from '../../decoders/index.ts'
import type { Attach } from '../command.ts'
import { failure } from '../failure.ts'
import { count, print, printJson, say } from '../output.ts'
import { table } from '../table.ts'
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
      const listed = [...types, ...builtIn].map(({ file, decoder }) => {
        const { name, version, meters, clock, stamp, stamps = [] } = decoder
        return { name, version, meters, dates: { clock, stamp, stamps }, file }
      })
      if (options.json) return printJson(listed)
      const rows = listed.map(({ name, version, meters, dates, file }) => [
        `${name}/${version}`,
        meters.map(claimText).join('\n'),
        datesText(dates),
        file ?? 'built-in',
      ])
      print(table(['TYPE', 'METERS', 'STORED DATES', 'FROM'], rows))
      say(`${count(types.length, 'type')} of your own, ${builtIn.length} built-in`)
    })

/** What the dates of stored values mean; a dash: nobody has said, so what such a meter stored speaks for no day. */
const datesText = ({ clock, stamp, stamps }: Required<Pick<Decoder, 'clock' | 'stamp' | 'stamps'>>): string => {
  if (clock === 'unknown') return ''
  return `${clock} time, ${stamps.length > 0 ? 'by version' : stamp}`
}
