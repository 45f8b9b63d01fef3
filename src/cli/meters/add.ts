import { keyCheck } from '../../store/meters/sealed-key.ts'
import { type Attach, configOf } from '../command.ts'
import { readKey } from '../input.ts'
import { print } from '../output.ts'
import { change } from '../store-access.ts'
import { meterArgument } from './meter-argument.ts'
import { type NoteOptions, notesOf, withNotes } from './meter-notes.ts'

interface Options extends NoteOptions {
  /** False with `--no-key`. */
  readonly key: boolean
  readonly keyStdin?: true
}

export const metersAdd: Attach = (parent) =>
  void withNotes(
    parent
      .command('add')
      .description('register a meter; its key is asked for without echo, or read from standard input')
      .argument('<meter>', 'as on the meter: KAM-07134347'),
  )
    .option('--no-key', 'a meter that sends unencrypted, or reports by SMS')
    .option('--key-stdin', 'read the key from standard input without asking')
    .action(async (text: string, options: Options, command) => {
      const config = configOf(command)
      const meter = meterArgument(text)
      const notes = notesOf(options)
      const key = options.key ? await readKey(`Key of ${meter} (32 hexadecimal digits)`, options.keyStdin === true) : null
      await change(config, 'meters.add', { entry: { meter, ...notes, key: key && Buffer.from(key).toString('hex') } })
      print(`${meter} added, ${key ? `key check ${keyCheck(key)}` : 'without a key'}`)
    })
