import { Option } from 'commander'
import { keyCheck } from '../../store/meters/sealed-key.ts'
import { type Attach, configOf } from '../command.ts'
import { failure } from '../failure.ts'
import { readKey } from '../input.ts'
import { print } from '../output.ts'
import { change, registeredMeters } from '../store-access.ts'
import { ANY_NAME, findMeter } from './meter-argument.ts'
import { type NoteOptions, notesOf, withNotes } from './meter-notes.ts'

interface Options extends NoteOptions {
  readonly plain?: 'allowed' | 'refused'
  readonly newKey?: true
  /** False with `--no-key`. */
  readonly key: boolean
  /** True with `--next-key`, false with `--no-next-key`. */
  readonly nextKey?: boolean
}

export const metersSet: Attach = (parent) =>
  void withNotes(
    parent
      .command('set')
      .description('change a registered meter: what is not named stays as it is; "" removes a name')
      .argument('<meter>', ANY_NAME),
  )
    .addOption(new Option('--plain <rule>', 'its unencrypted telegrams, although it has a key').choices(['allowed', 'refused']))
    .option('--new-key', 'ask for another key, or read it from standard input')
    .option('--no-key', 'remove its key: it sends unencrypted')
    .option('--next-key', 'ask for the key it will change to: it takes over by itself once telegrams open with it')
    .option('--no-next-key', 'it does not change its key after all')
    .action(async (text: string, options: Options, command) => {
      const config = configOf(command)
      const { plain } = options
      const notes = { ...notesOf(options), ...(plain && { plain: plain === 'allowed' ? plain : null }) }
      if (options.newKey && !options.key) throw failure('usage', 'Either --new-key or --no-key')
      if (options.nextKey && (options.newKey || !options.key))
        throw failure('usage', 'One key at a time: --next-key, --new-key or --no-key')
      if (Object.keys(notes).length === 0 && !options.newKey && options.key && options.nextKey === undefined)
        throw failure(
          'usage',
          'Nothing to change: name --label, --installation, --alias, --wired, --plain, --new-key, --next-key or --no-key',
        )
      const { meter } = findMeter(registeredMeters(config), text)
      const asked = options.newKey ? 'New key' : options.nextKey ? 'Next key' : null
      const key = asked && (await readKey(`${asked} of ${meter} (32 hexadecimal digits)`, false))
      await change(config, 'meters.put', { entries: [{ meter, ...notes, ...keyChange(options, key && Buffer.from(key).toString('hex')) }] })
      print(`${meter} changed${key ? `, ${options.nextKey ? 'next ' : ''}key check ${keyCheck(key)}` : ''}`)
    })

const keyChange = ({ newKey, nextKey, key }: Options, hex: string | null) => ({
  ...((newKey || !key) && { key: hex }),
  ...(nextKey !== undefined && { nextKey: nextKey ? hex : null }),
})
