import { type Inspection, inspect } from '../../store/disk/inspect.ts'
import { type Attach, configOf } from '../command.ts'
import { failure } from '../failure.ts'
import { count, print, printJson } from '../output.ts'

export const dbCheck: Attach = (parent) =>
  void parent
    .command('check')
    .description('read the whole database, beside the daemon or without it: structure, every message against its checksum')
    .option('--json', 'as JSON')
    .action((options: { json?: true }, command) => {
      const found = inspect(configOf(command).stateDirectory)
      const sound = found.structure.length === 0 && found.damaged.length === 0
      if (options.json) printJson({ sound, ...found })
      else print(text(found))
      if (!sound) throw failure('failed', found.structure.length > 0 ? STRUCTURE_DAMAGED : MESSAGES_DAMAGED)
    })

const STRUCTURE_DAMAGED = `The database is damaged. The daemon finds out when it meets the damage; to have it looked for at once, kill and start it:
  sudo systemctl kill --signal=KILL varmesky     (it checks the file, puts it aside, and saves what can be read)`
const MESSAGES_DAMAGED =
  'The damaged messages are neither sent nor shown; everything else is as it was. Is the disk worn out? Look into the system log.'

const MOST_SHOWN = 10

const text = ({ structure, messages, damaged, meters, keys, copy, aside, bytes, free }: Inspection): string =>
  [
    structure.length === 0 ? 'The structure is in order.' : ['The structure is damaged:', ...structure].join('\n  '),
    `${count(messages, 'message')}, ${damaged.length === 0 ? 'each as it was stored' : damagedText(damaged)}`,
    `${count(meters, 'meter')} with ${count(keys, 'key')}; ${COPY[copy]}`,
    `${megabytes(bytes)} MB, of which ${megabytes(free)} MB free`,
    ...(aside.length > 0 ? [`put aside and not read out yet: ${aside.join(', ')}`] : []),
  ].join('\n')

const damagedText = (damaged: readonly number[]): string =>
  `${damaged.length} of them not as stored and never sent: ${damaged.slice(0, MOST_SHOWN).join(', ')}${damaged.length > MOST_SHOWN ? ' …' : ''}`

const COPY: Readonly<Record<Inspection['copy'], string>> = {
  same: 'their second copy has them all',
  other: 'their second copy has another number (the daemon writes it anew within a minute)',
  missing: 'there is no second copy of them that can be read (the daemon writes one when it starts)',
}

const megabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(1)
