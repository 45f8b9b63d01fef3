import { readFileSync } from 'node:fs'
import { text as streamText } from 'node:stream/consumers'
import { confirm as askConfirm, password as askPassword, text as askText, isCancel } from '@clack/prompts'
import { failure } from './failure.ts'
import { parseKey } from './keys/key-text.ts'

/** Whether a person sits at the other end and can be asked. */
export const canAsk = (): boolean => process.stdin.isTTY === true && process.stderr.isTTY === true

/** A line that a person types. */
export const askLine = async (message: string, initial: string, problem: (line: string) => string | undefined): Promise<string> =>
  answer(await askText({ message, initialValue: initial, validate: (line) => problem(line ?? ''), output: process.stderr }))

export const askYes = async (message: string): Promise<boolean> =>
  answer(await askConfirm({ message, initialValue: false, output: process.stderr }))

/** A meter key: typed without echo, or read from standard input where nobody can be asked or `fromStdin` says so. */
export const readKey = async (message: string, fromStdin: boolean): Promise<Uint8Array> => {
  const key = parseKey(fromStdin || !canAsk() ? await streamText(process.stdin) : await askSecret(message))
  if ('problem' in key) throw failure('usage', key.problem)
  return key
}

const LEAST_PASSPHRASE = 12

/** What tells where a passphrase comes from, for every command that needs one. */
export const PASSPHRASE_OPTION = [
  '--passphrase-file <file>',
  'the passphrase is the first line of this file ("-": standard input)',
] as const

/**
 * A passphrase: typed without echo, a new one twice; or the first line of a file, or of standard input where nobody can be
 * asked. Rejects where there is none, and where a new one is too short.
 */
export const readPassphrase = async (message: string, file: string | undefined, isNew: boolean): Promise<string> => {
  const problem = (text = ''): string | undefined => {
    if (text === '') return 'a passphrase is needed'
    return isNew && text.length < LEAST_PASSPHRASE
      ? `a passphrase has ${LEAST_PASSPHRASE} characters or more; five words are good`
      : undefined
  }
  if (file === undefined && canAsk()) {
    const ask = async (asked: string): Promise<string> =>
      answer(await askPassword({ message: asked, validate: problem, output: process.stderr }))
    const typed = await ask(message)
    if (isNew && (await ask('The same once more')) !== typed) throw failure('usage', 'The two are not the same. Nothing was done.')
    return typed
  }
  const text = file === undefined || file === '-' ? await streamText(process.stdin) : readFileSync(file, 'utf8')
  const line = text.split(/\r?\n/)[0]
  const found = problem(line)
  if (found !== undefined)
    throw failure('usage', `${message}: ${found}; it is asked for, read from standard input, or from --passphrase-file`)
  return line!
}

const askSecret = async (message: string): Promise<string> => {
  const validate = (text: string | undefined): string | undefined => {
    const key = parseKey(text ?? '')
    return 'problem' in key ? key.problem : undefined
  }
  return answer(await askPassword({ message, validate, output: process.stderr }))
}

/** Any secret: typed without echo, or the first line of standard input where nobody can be asked. It is never repeated. */
export const readSecret = async (message: string, problem: (value: string) => string | undefined): Promise<string> => {
  if (canAsk()) return answer(await askPassword({ message, validate: (text) => problem(text ?? ''), output: process.stderr }))
  const [line = ''] = (await streamText(process.stdin)).split(/\r?\n/)
  const found = problem(line)
  if (found !== undefined) throw failure('usage', `${message}: ${found}; it is read from standard input here`)
  return line
}

/** The PIN of a SIM, typed without echo. */
export const askPin = async (): Promise<string> =>
  answer(
    await askPassword({
      message: 'PIN of the SIM (it is given once)',
      validate: (text) => (/^\d{4,8}$/.test(text ?? '') ? undefined : '4 to 8 digits'),
      output: process.stderr,
    }),
  )

const answer = <Value>(value: Value): Exclude<Value, symbol> => {
  if (isCancel(value)) throw failure('failed', 'Nothing was done.')
  return value as Exclude<Value, symbol>
}
