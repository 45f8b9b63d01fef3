import type { MessageJson } from '../../sms/message.ts'
import { count } from '../output.ts'

/** One message for a person: who, when, and what it says, each line indented. */
export function smsText({ from, at, text, data, parts, part }: MessageJson & { readonly part?: { number: number; of: number } }): string {
  const pieces = part ? `part ${part.number} of ${part.of}` : parts > 1 ? count(parts, 'part') : ''
  const head = [from || 'no sender', at ?? 'no time', pieces].filter((piece) => piece !== '').join('  ')
  const lines = text === undefined ? [`data ${data}`] : text.split(/\r?\n/)
  return `${head}\n${lines.map((line) => `    ${line}`).join('\n')}\n`
}
