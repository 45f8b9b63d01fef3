/** What a message says: data coding scheme (3GPP TS 23.038 §4), user data and its header (23.040 §9.2.3.24). */

import type { Cursor } from '../../wmbus/cursor.ts'
import { take } from './cursor.ts'
import type { PduFault } from './fault.ts'
import { gsm7Text, unpackSeptets } from './gsm7.ts'

export type Alphabet = 'gsm7' | '8bit' | 'ucs2'

/** Which part of a longer message this is. */
export interface Part {
  readonly reference: number
  /** The reference has 8 or 16 bits: two messages with the same number in different widths are different ones. */
  readonly bits: 8 | 16
  readonly total: number
  /** From 1 on. */
  readonly number: number
}

export interface UserData {
  readonly content: Uint8Array
  readonly part: Part | null
  readonly header: Uint8Array
}

const ALPHABETS: readonly Alphabet[] = ['gsm7', '8bit', 'ucs2', 'gsm7']

/** By the coding group, the four high bits. What is reserved is the default alphabet. */
export function alphabetOf(scheme: number): Alphabet {
  const group = scheme >> 4
  if (group < 8) return ALPHABETS[(scheme >> 2) & 3]!
  if (group === 0x0e) return 'ucs2'
  return group === 0x0f && (scheme & 4) !== 0 ? '8bit' : 'gsm7'
}

/** Information elements that say which part this is. */
const CONCATENATED_8 = 0x00
const CONCATENATED_16 = 0x08

/** The elements of a header: identifier, length, data. Null where they do not fill it exactly. */
function elementsOf(header: Uint8Array): (readonly [id: number, data: Uint8Array])[] | null {
  const elements: [number, Uint8Array][] = []
  let pos = 0
  while (pos + 2 <= header.length) {
    const end = pos + 2 + header[pos + 1]!
    elements.push([header[pos]!, header.subarray(pos + 2, end)])
    pos = end
  }
  return pos === header.length ? elements : null
}

/** An impossible number of parts is to be ignored (23.040 §9.2.3.24.1); of several such elements the last counts. */
function partOf(elements: readonly (readonly [number, Uint8Array])[]): Part | null {
  let part: Part | null = null
  for (const [id, data] of elements) {
    const wide = id === CONCATENATED_16 && data.length === 4
    if (!wide && !(id === CONCATENATED_8 && data.length === 3)) continue
    const reference = wide ? (data[0]! << 8) | data[1]! : data[0]!
    const [total, number] = [data.at(-2)!, data.at(-1)!]
    if (number >= 1 && number <= total) part = { reference, bits: wide ? 16 : 8, total, number }
  }
  return part
}

const NONE = new Uint8Array()

/** `length`: septets of the GSM alphabet, else octets, the header included. */
export function readUserData(c: Cursor, length: number, alphabet: Alphabet, hasHeader: boolean): UserData | { readonly fault: PduFault } {
  const octets = take(c, alphabet === 'gsm7' ? Math.ceil((7 * length) / 8) : length)
  if (c.short) return { fault: 'pdu.truncated' }
  const headerLength = hasHeader ? 1 + (octets[0] ?? 0) : 0
  if (headerLength > octets.length || (hasHeader && octets.length === 0)) return { fault: 'pdu.header' }
  const header = hasHeader ? octets.slice(1, headerLength) : NONE
  const elements = elementsOf(header)
  if (elements === null) return { fault: 'pdu.header' }
  const content = alphabet === 'gsm7' ? septetsBehind(octets, length, headerLength) : octets.slice(headerLength)
  return content === null ? { fault: 'pdu.header' } : { content, part: partOf(elements), header }
}

/** The text begins at the next septet behind the header: fill bits stand between them. */
function septetsBehind(octets: Uint8Array, length: number, headerLength: number): Uint8Array | null {
  const headerSeptets = Math.ceil((8 * headerLength) / 7)
  return headerSeptets > length ? null : unpackSeptets(octets, length - headerSeptets, 7 * headerSeptets)
}

/** UTF-16 rather than UCS-2: what phones send outside the basic plane comes in two units, and a lone one stands as U+FFFD. */
const UTF16 = new TextDecoder('utf-16be')

/** What it says in words, or null for 8-bit data. Parts are joined before: a character may be cut in two between them. */
export function textOf(alphabet: Alphabet, content: Uint8Array): string | null {
  if (alphabet === '8bit') return null
  return alphabet === 'gsm7' ? gsm7Text(content) : UTF16.decode(content)
}
