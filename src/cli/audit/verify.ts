import { InvalidArgumentError } from 'commander'
import { type Attach, configOf } from '../command.ts'
import { failure } from '../failure.ts'
import { count, print, printJson } from '../output.ts'
import { readingIfAny } from '../store-access.ts'

interface Options {
  readonly holds?: string
  readonly json?: true
}

const MOST_NAMED = 20
/** Of the 64 of a hash: enough that nobody finds another entry with them. */
const DIGITS = 20

const noted = (text: string): string => {
  if (new RegExp(`^[0-9a-f]{${DIGITS}}$`, 'i').test(text)) return text.toLowerCase()
  throw new InvalidArgumentError(`Write the ${DIGITS} digits that an earlier "audit verify" ended with.`)
}

const NONE = { entries: 0, chains: [], broken: [] }

export const auditVerify: Attach = (parent) =>
  void parent
    .command('verify')
    .description('whether the audit is as it was written: none changed, left out or put in; the end can be held against a hash you noted')
    .option('--holds <digits>', 'the entry whose hash begins with these 20 digits, noted from an earlier run, must be there', noted)
    .option('--json', 'as JSON')
    .action(({ holds, json }: Options, command) => {
      const { state, isThere } = readingIfAny(configOf(command), ({ audit }) => ({
        state: audit.verify(),
        isThere: holds === undefined || audit.list({}).some(({ hash }) => hash.startsWith(holds)),
      })) ?? { state: NONE, isThere: holds === undefined }
      const { entries, chains, broken } = state
      if (json) printJson({ sound: broken.length === 0 && isThere, ...state })
      else {
        print(`${count(entries, 'entry', 'entries')}${broken.length === 0 ? ', each as it was written' : ''}`)
        for (const { chain, entries, last } of chains) print(`  chain ${chain}: ${entries}, the last one ${last.slice(0, DIGITS)}`)
      }
      if (broken.length > 0)
        throw failure(
          'failed',
          `Not as written, or not behind the one that was before it: ${broken.slice(0, MOST_NAMED).join(', ')}
Somebody changed the database with another program, or the disk did: hold it against a backup ("varmesky restore" into another directory).`,
        )
      if (!isThere) throw failure('failed', 'No entry has this hash: the end was cut off, or this is another box’s.')
    })
