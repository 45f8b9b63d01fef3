import { existsSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { type Command, Option } from 'commander'
import type { Registry } from '../../decoders/index.ts'
import { explain, explainNoHex } from '../../explain/explain.ts'
import { hexOfLine } from '../../receivers/streams/lines.ts'
import { aesKey } from '../../wmbus/security.ts'
import type { Attach } from '../command.ts'
import { failure } from '../failure.ts'
import { KEY_OPTION, keyOf } from '../keys/key-option.ts'
import { print } from '../output.ts'
import { registryOrBuiltIn } from '../types/own-types.ts'
import { type Decoded, type DecodeInput, decodeInput } from './decoded.ts'
import { explainedText } from './explain-text.ts'
import { decodedText, observationText } from './text.ts'

interface Options {
  readonly key?: string | true
  readonly explain?: true
  readonly json?: true
  readonly jsonl?: true
}

const TELEGRAMS = ['[telegram...]', 'telegrams in hex, or files with one per line; without: lines of standard input'] as const

export const decode: Attach = (parent) =>
  void parent
    .command('decode')
    .description('show what telegrams say: a reader’s tool, nothing is stored')
    .argument(...TELEGRAMS)
    .option(...KEY_OPTION)
    .option('--explain', 'every byte: which field it is, what it says, and where the standard describes it')
    .option('--json', 'one JSON object per telegram')
    .addOption(
      new Option('--jsonl', 'machines: {"telegram", "key", "context"?} per line of standard input → one JSON object per line').conflicts(
        'explain',
      ),
    )
    .action((telegrams: string[], options: Options, command: Command) =>
      options.jsonl ? decodeLines(registryOrBuiltIn(command)) : show(telegrams, options, command),
    )

/** As the field calls it. */
export const analyze: Attach = (parent) =>
  void parent
    .command('analyze')
    .description('the same as decode --explain')
    .argument(...TELEGRAMS)
    .option(...KEY_OPTION)
    .option('--json', 'one JSON object per telegram')
    .action((telegrams: string[], options: Options, command: Command) => show(telegrams, { ...options, explain: true }, command))

async function show(telegrams: readonly string[], options: Options, command: Command): Promise<void> {
  const key = await keyOf(options, command)
  const registry = registryOrBuiltIn(command)
  let broken = 0
  for await (const telegram of telegramsOf(telegrams)) {
    const { json } = decodeInput({ telegram, key }, registry)
    if (!json.ok) broken++
    print(
      options.explain ? explained(telegram, key, registry, json, options) : options.json ? JSON.stringify(json) : `${decodedText(json)}\n`,
    )
  }
  if (broken > 0) throw failure('failed', broken === 1 ? 'One telegram could not be decoded.' : `${broken} telegrams could not be decoded.`)
}

/** The tree of a telegram, and for people what the meter type reads in it. */
function explained(telegram: string, key: string | null, registry: Registry, { ok, observation }: Decoded, { json }: Options): string {
  const bytes = hexOfLine(telegram)
  const explanation = bytes
    ? explain(bytes, 'unknown', key === null ? null : aesKey(Buffer.from(key, 'hex')), undefined, registry)
    : explainNoHex()
  if (json) return JSON.stringify(explanation)
  const text = explainedText(explanation, process.stdout.isTTY && process.stdout.hasColors())
  return ok && observation ? `${text}\n\n${observationText(observation)}\n` : `${text}\n`
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
async function decodeLines(registry: Registry): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    if (line.trim() === '') continue
    const answer = `${JSON.stringify(decodeLine(line, registry))}\n`
    if (!process.stdout.write(answer)) await new Promise((drained) => process.stdout.once('drain', drained))
  }
}

function decodeLine(line: string, registry: Registry): Decoded {
  const problem = 'not a line of the form {"telegram": hex, "key": hex or null, "context"?: [hex, …]}'
  try {
    const input: Partial<DecodeInput> | null = JSON.parse(line)
    if (typeof input?.telegram === 'string')
      return decodeInput({ ...input, telegram: input.telegram, key: input.key ?? null }, registry).json
  } catch {
    // Told below: the line is no JSON.
  }
  return { ok: false, error: { code: 'frame.hex', message: problem }, records: [] }
}
