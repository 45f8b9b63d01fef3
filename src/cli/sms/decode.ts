import { readFileSync, statSync } from 'node:fs'
import { text as streamText } from 'node:stream/consumers'
import { type MessageJson, messageJson } from '../../sms/message.ts'
import { joinParts } from '../../sms/parts.ts'
import { PDU_FAULTS } from '../../sms/pdu/fault.ts'
import { decodePdu, isPdu, type Pdu, pduBytes } from '../../sms/pdu/pdu.ts'
import { textOf } from '../../sms/pdu/user-data.ts'
import { hexOf } from '../../wmbus/value.ts'
import type { Attach } from '../command.ts'
import { failure } from '../failure.ts'
import { count, print, say } from '../output.ts'
import { smsText } from './text.ts'

export const smsDecode: Attach = (parent) =>
  void parent
    .command('decode')
    .description('show what PDUs say, as modems hand them over; the parts of long messages are joined')
    .argument('[pdu...]', 'PDUs in hex, or files with one per line; without: lines of standard input')
    .option('--json', 'one JSON object per message')
    .option('--jsonl', 'the same')
    .action(async (args: string[], options: { readonly json?: true; readonly jsonl?: true }) => {
      const lines = args.length > 0 ? args.flatMap(linesOf) : pduLines(await streamText(process.stdin))
      const { messages, broken } = decoded(lines)
      for (const message of messages) print(options.json || options.jsonl ? JSON.stringify(message) : smsText(message))
      if (broken > 0)
        throw failure('failed', `${count(broken, 'PDU')} could not be decoded: each is one whole line as AT+CMGL or AT+CMGR gives it.`)
      if (messages.length === 0) throw failure('failed', 'There is no PDU: a line of hexadecimal as AT+CMGL gives it in PDU mode.')
    })

function linesOf(arg: string): readonly string[] {
  if (pduBytes(arg) !== null) return [arg]
  if (statSync(arg, { throwIfNoEntry: false })?.isDirectory() === false) return pduLines(readFileSync(arg, 'utf8'))
  throw failure('usage', `${arg.slice(0, 40)}: neither hexadecimal nor a file`)
}

/** Every line that is hexadecimal and no short number: what a modem says in between is passed over. */
const pduLines = (text: string): readonly string[] => text.split(/\r?\n/).filter((line) => (pduBytes(line)?.length ?? 0) > 10)

type Shown = MessageJson & { readonly part?: { readonly number: number; readonly of: number } }

/** A part whose others are not there, on its own. */
const lonely = ({ from, at, alphabet, content, part }: Pdu): Shown => {
  const text = textOf(alphabet, content)
  const body = text === null ? { data: hexOf(content) } : { text }
  return { from, at, ...body, parts: 1, ...(part && { part: { number: part.number, of: part.total } }) }
}

function decoded(lines: readonly string[]): { messages: readonly Shown[]; broken: number } {
  const parts = joinParts<Pdu>({ lifetimeMs: 1, most: lines.length + 1 })
  const messages: Shown[] = []
  let broken = 0
  for (const line of lines) {
    const pdu = decodePdu(line)
    if (isPdu(pdu))
      for (const { message, tags } of parts.add(pdu, pdu, 0)) messages.push(...(message ? [messageJson(message)] : tags.map(lonely)))
    else {
      broken++
      say(`${line.slice(0, 40)}…: ${PDU_FAULTS[pdu.fault]} (${pdu.fault})`)
    }
  }
  return { messages: [...messages, ...parts.expire(1).flatMap(({ tags }) => tags.map(lonely))], broken }
}
