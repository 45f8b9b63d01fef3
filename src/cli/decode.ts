import { existsSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Command } from 'commander'
import { hexOfLine } from '../receivers/lines.ts'
import type { Attach } from './command.ts'
import { decodedText } from './decode-text.ts'
import { type Decoded, type DecodeInput, decodeInput } from './decoded.ts'
import { failure } from './failure.ts'
import { readKey } from './input.ts'
import { parseKey } from './key-text.ts'
import { print } from './output.ts'

interface Options {
  readonly key?: string | true
  readonly json?: true
  readonly jsonl?: true
}

export const decode: Attach = (parent) =>
  void parent
    .command('decode')
    .description('show what telegrams say: a reader’s tool, nothing is stored')
    .argument('[telegram...]', 'telegrams in hex, or files with one per line; without: lines of standard input')
    .option('--key [file]', 'the meter’s key: asked for, or read from a file; never typed on the command line')
    .option('--json', 'one JSON object per telegram')
    .option('--jsonl', 'machines: {"telegram", "key", "context"?} per line of standard input → one JSON object per line')
    .action(async (telegrams: string[], options: Options, command: Command) => {
      if (options.jsonl) return decodeLines()
      const key = await keyOf(options, command)
      let broken = 0
      for await (const telegram of telegramsOf(telegrams)) {
        const { json } = decodeInput({ telegram, key })
        if (!json.ok) broken++
        print(options.json ? JSON.stringify(json) : `${decodedText(json)}\n`)
      }
      if (broken > 0)
        throw failure('failed', broken === 1 ? 'One telegram could not be decoded.' : `${broken} telegrams could not be decoded.`)
    })

/** A key typed as an argument stands in the shell's history and in the process list. */
async function keyOf({ key }: Options, command: Command): Promise<string | null> {
  if (key === undefined) return null
  if (key === true) return Buffer.from(await readKey('Key of the meter', false)).toString('hex')
  if (!existsSync(key)) command.error('error: --key takes a file, or nothing and asks; a key is never typed on the command line')
  const parsed = parseKey(readFileSync(key, 'utf8'))
  if ('problem' in parsed) throw failure('usage', parsed.problem)
  return Buffer.from(parsed).toString('hex')
}

async function* telegramsOf(args: readonly string[]): AsyncGenerator<string> {
  if (args.length === 0) yield* linesOf(createInterface({ input: process.stdin }))
  for (const arg of args) {
    if (hexOfLine(arg) === null && existsSync(arg)) yield* linesOf(readFileSync(arg, 'utf8').split('\n'))
    else yield arg
  }
}

async function* linesOf(lines: Iterable<string> | AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) if (line.trim() !== '' && !line.startsWith('#')) yield line.trim()
}

/** The machine contract: an answer for every line, in its order, whatever the line holds. */
async function decodeLines(): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    if (line.trim() === '') continue
    const answer = `${JSON.stringify(decodeLine(line))}\n`
    if (!process.stdout.write(answer)) await new Promise((drained) => process.stdout.once('drain', drained))
  }
}

function decodeLine(line: string): Decoded {
  const problem = 'not a line of the form {"telegram": hex, "key": hex or null, "context"?: [hex, …]}'
  try {
    const input: Partial<DecodeInput> | null = JSON.parse(line)
    if (typeof input?.telegram === 'string') return decodeInput({ ...input, telegram: input.telegram, key: input.key ?? null }).json
  } catch {
    // Told below: the line is no JSON.
  }
  return { ok: false, error: { code: 'frame.hex', message: problem }, records: [] }
}
