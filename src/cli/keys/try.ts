import { readFileSync } from 'node:fs'
import { text as streamText } from 'node:stream/consumers'
import type { TrialState } from '../../keys/trial.ts'
import { type Attach, configOf } from '../command.ts'
import { failure } from '../failure.ts'
import { count, print, printJson, say } from '../output.ts'
import { ask } from '../store-access.ts'
import { table } from '../table.ts'
import { parseKey } from './key-text.ts'

interface Options {
  readonly accept?: readonly string[] | true
  readonly stop?: true
  readonly json?: true
}

export const keysTry: Attach = (parent) =>
  void parent
    .command('try')
    .description('try keys that name no meters on what is heard: one that fits is stored for its meter; without a file: how far that is')
    .argument('[file]', 'one key a line, 32 hexadecimal digits, behind the last ";" of the line ("-": standard input)')
    .option('--accept [meter...]', 'register meters that are not, and whose key was found: those named, or all')
    .option('--stop', 'give up the keys that fitted no meter so far')
    .option('--json', 'as JSON')
    .action(async (file: string | undefined, options: Options, command) => {
      const config = configOf(command)
      const asked = async (action: string, args: object): Promise<unknown> => {
        const answer = await ask(config, action, args)
        if (answer) return answer.result
        throw failure('unreachable', 'Keys are tried by the daemon on what it hears, and it is not running:  sudo systemctl start varmesky')
      }
      if (file !== undefined)
        await asked('keys.try', { keys: keysIn(file === '-' ? await streamText(process.stdin) : readFileSync(file, 'utf8')) })
      if (options.accept) await asked('keys.accept', { meters: options.accept === true ? 'all' : options.accept })
      const state = (await asked(options.stop ? 'keys.stop' : 'keys.tried', {})) as TrialState
      if (options.json) printJson(state)
      else report(state)
    })

/** Hexadecimal, from a text of which a line that is none is named by its number: it may be a key with a mistake in it. */
const keysIn = (text: string): readonly string[] => {
  const lines = text.split(/\r?\n/).map((line, n) => [line.replace(/#.*$/, '').split(';').at(-1)!.trim(), n + 1] as const)
  const keys = lines.flatMap(([line, number]) => {
    if (line === '') return []
    const key = parseKey(line)
    if ('problem' in key) throw failure('failed', `Line ${number}: ${key.problem}. Nothing was tried.`)
    return [Buffer.from(key).toString('hex')]
  })
  if (keys.length === 0) throw failure('failed', 'There is no key in it: one a line, 32 hexadecimal digits.')
  return keys
}

const STATES = {
  stored: 'stored: its telegrams are read from now on',
  proposed: 'not registered: is it yours? --accept registers it',
} as const

const report = ({ keys, tries, found }: TrialState): void => {
  if (found.length > 0)
    print(
      table(
        ['METER', 'KEY CHECK', ''],
        found.map(({ meter, keyCheck, state }) => [meter, keyCheck, STATES[state]]),
      ),
    )
  say(`${count(found.length, 'meter')} found; ${count(keys, 'key')} fitted none yet, after ${count(tries, 'try', 'tries')}`)
}
