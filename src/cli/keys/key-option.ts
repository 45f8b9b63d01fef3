import { existsSync, readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { failure } from '../failure.ts'
import { readKey } from '../input.ts'
import { parseKey } from './key-text.ts'

/** For commands that look at telegrams somebody has at hand. */
export const KEY_OPTION = ['--key [file]', 'the meter’s key: asked for, or read from a file; never typed on the command line'] as const

/** A key typed as an argument stands in the shell's history and in the process list. */
export async function keyOf({ key }: { readonly key?: string | true }, command: Command): Promise<string | null> {
  if (key === undefined) return null
  if (key === true) return Buffer.from(await readKey('Key of the meter', false)).toString('hex')
  if (!existsSync(key)) command.error('error: --key takes a file, or nothing and asks; a key is never typed on the command line')
  const parsed = parseKey(readFileSync(key, 'utf8'))
  if ('problem' in parsed) throw failure('usage', parsed.problem)
  return Buffer.from(parsed).toString('hex')
}
