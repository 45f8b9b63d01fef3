import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { stringify } from 'yaml'
import type { Decoder } from '../../decoders/decoder.ts'
import { decoderFor, registryWith } from '../../decoders/index.ts'
import { identify } from '../../identity.ts'
import { anonymous, draftType } from '../../meter-types/draft.ts'
import { hexOfLine } from '../../receivers/streams/lines.ts'
import type { Address } from '../../wmbus/address.ts'
import type { Datagram } from '../../wmbus/datagram.ts'
import { hexOf } from '../../wmbus/value.ts'
import type { Attach } from '../command.ts'
import { decodeInput } from '../decode/decoded.ts'
import { failure } from '../failure.ts'
import { KEY_OPTION, keyOf } from '../keys/key-option.ts'
import { count, print, say } from '../output.ts'
import { registryOrBuiltIn } from './own-types.ts'

interface Options {
  readonly key?: string | true
  readonly fixture?: string
}

export const typesNew: Attach = (parent) =>
  void parent
    .command('new')
    .description('draft a meter type out of a telegram: one field per record, to be named, checked and completed')
    .argument('<telegram>', 'a telegram in hex', (text: string) => {
      if (hexOfLine(text) === null) throw new InvalidArgumentError('An even number of digits 0–9 and A–F is needed.')
      return text
    })
    .option(...KEY_OPTION)
    .option('--fixture <directory>', 'also write the telegram there, decrypted and from meter 12345678, with what the draft reads in it')
    .action(async (telegram: string, options: Options, command: Command) => {
      const registry = registryOrBuiltIn(command)
      const { json, datagram: d } = decodeInput({ telegram, key: await keyOf(options, command) }, registry)
      const address = d && identify(d)
      if (!json.ok) throw failure('failed', `${json.error?.code}: ${json.error?.message}`)
      if (!d || !address) throw failure('failed', 'The telegram does not say which meter it is from.')
      const { decoder, left } = draftType(d, address, decoderFor(address, registry))
      if (decoder.fields.length === 0) throw failure('failed', 'The telegram has no records with numbers in them.')
      print(typeText(decoder))
      say(`${count(decoder.fields.length, 'field')}: go through names and kinds, then varmesky types check`)
      for (const header of left) say(`left out: ${header || 'a value out of a series'}, which no pick can name`)
      if (options.fixture !== undefined) writeFixture(options.fixture, decoder, d, address)
    })

const FLOW = { collectionStyle: 'flow', defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'QUOTE_DOUBLE', lineWidth: 0 } as const
const oneLine = (value: unknown): string => stringify(value, FLOW).trimEnd()

/** JSON for people: one line a field. */
const typeText = (decoder: Decoder): string => {
  const lines = Object.entries(decoder).map(([name, part]) => {
    const text = Array.isArray(part) ? `[\n${part.map((item) => `    ${oneLine(item)}`).join(',\n')}\n  ]` : JSON.stringify(part)
    return `  ${JSON.stringify(name)}: ${text}`
  })
  return `{\n${lines.join(',\n')}\n}`
}

function writeFixture(directory: string, decoder: Decoder, d: Datagram, address: Address): void {
  const bytes = anonymous(d, address)
  if (!bytes) throw failure('failed', 'No fixture: the telegram’s records do not stand in it as they are, or do not fit in one frame.')
  const telegram = hexOf(bytes)
  const { json } = decodeInput({ telegram, key: null }, registryWith([decoder]))
  const file = join(directory, `${decoder.name}.json`)
  const fixture = {
    source: 'Records of a telegram from the field, in the clear and without its number',
    telegram,
    crc: 'stripped',
    expect: json,
  }
  writeFileSync(file, `${JSON.stringify(fixture, null, 2)}\n`, { flag: 'wx' })
  say(`${file}: its values are those of the telegram, change them before you show it to anyone`)
}
