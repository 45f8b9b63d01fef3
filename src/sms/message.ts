import { hexOf } from '../wmbus/value.ts'
import { type Alphabet, textOf } from './pdu/user-data.ts'

/** A whole message, its parts joined. */
export interface SmsMessage {
  readonly from: string
  /** Time stamp of the service centre, of the first part: RFC 3339 with its zone, or null. */
  readonly at: string | null
  readonly alphabet: Alphabet
  readonly content: Uint8Array
  /** How many parts it came in. */
  readonly parts: number
}

/** What `sms listen` and `sms decode` print: either `text` or `data`, in hexadecimal. */
export interface MessageJson {
  readonly from: string
  readonly at: string | null
  readonly text?: string
  readonly data?: string
  readonly parts: number
}

export function messageJson({ from, at, alphabet, content, parts }: SmsMessage): MessageJson {
  const text = textOf(alphabet, content)
  return { from, at, ...(text === null ? { data: hexOf(content) } : { text }), parts }
}
