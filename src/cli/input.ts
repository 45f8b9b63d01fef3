import { text as streamText } from 'node:stream/consumers'
import { confirm as askConfirm, password as askPassword, text as askText, isCancel } from '@clack/prompts'
import { failure } from './failure.ts'
import { parseKey } from './key-text.ts'

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

const askSecret = async (message: string): Promise<string> => {
  const validate = (text: string | undefined): string | undefined => {
    const key = parseKey(text ?? '')
    return 'problem' in key ? key.problem : undefined
  }
  return answer(await askPassword({ message, validate, output: process.stderr }))
}

const answer = <Value>(value: Value): Exclude<Value, symbol> => {
  if (isCancel(value)) throw failure('failed', 'Nothing was done.')
  return value as Exclude<Value, symbol>
}
