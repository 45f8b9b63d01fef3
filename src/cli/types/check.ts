import { resolve } from 'node:path'
import { claimText, overlap } from '../../decoders/claims.ts'
import type { MeterMatch } from '../../decoders/decoder.ts'
import { DECODERS } from '../../decoders/index.ts'
import { added, readMeterType } from '../../meter-types/directory.ts'
import type { Attach } from '../command.ts'
import { failure } from '../failure.ts'
import { count, print } from '../output.ts'
import { ownTypes } from './own-types.ts'

export const typesCheck: Attach = (parent) =>
  void parent
    .command('check')
    .description('say everything that is wrong with a meter type, or which meters it claims')
    .argument('<file>', 'a meter type in JSON')
    .action((file: string, _options, command) => {
      const others = ownTypes(command).types.filter((type) => resolve(type.file) !== resolve(file))
      const { types, problems } = added({ types: others, problems: [] }, readMeterType(file))
      const { decoder } = types.at(-1) ?? {}
      if (problems.length > 0 || !decoder) throw failure('failed', `${problems.join('\n')}\n${count(problems.length, 'problem')}`)
      print(`${file} is right: ${decoder.name}/${decoder.version}, ${count(decoder.fields.length, 'field')}`)
      for (const match of decoder.meters) print(`  claims ${claimText(match)}${takenFrom(match)}`)
    })

const takenFrom = (match: MeterMatch): string => {
  const names = DECODERS.filter(({ meters }) => meters.some((theirs) => overlap(match, theirs))).map(({ name }) => name)
  return names.length === 0 ? '' : `, in place of the built-in ${names.join(', ')}`
}
