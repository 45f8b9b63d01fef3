/** Status words in plain English: a meter's own, or that of the transport header. */
import type { Datagram } from '../wmbus/datagram.ts'
import type { DataRecord } from '../wmbus/record.ts'
import type { StatusWord } from './decoder.ts'
import type { MeterStatus } from './observation.ts'

const NONE: readonly string[] = []

function conditionsOf(code: number, { bits, states = [] }: Pick<StatusWord, 'bits' | 'states'>): readonly string[] {
  if (code === 0) return NONE
  // Not `&`: it would cut words of more than 32 bits.
  const set = bits.filter(([mask]) => Math.floor(code / mask) % 2 === 1)
  return [...states.filter(([state]) => state === code), ...set].map(([, condition]) => condition)
}

const REAL = 5
const LONGEST_WORD = 6

/**
 * The word's bits, read from its bytes: as an amount, a word with its top bit alone would mean "not available". Null where
 * its coding is no bit field.
 */
export function statusOf(word: StatusWord, { bytes }: Datagram, { coding, dataAt, end, missing }: DataRecord): MeterStatus | null {
  if (coding < 1 || coding > LONGEST_WORD || coding === REAL || missing === 'error') return null
  let code = 0
  for (let i = end - 1; i >= dataAt; i--) code = code * 0x100 + bytes[i]!
  return { code: String(code), bits: 8 * (end - dataAt), conditions: conditionsOf(code, word) }
}

/** The transport layer's status byte (EN 13757-7): two bits that are a number, then flags; bits 5–7 are the manufacturer's. */
const APPLICATION_STATES: StatusWord['bits'] = [
  [1, 'busy'],
  [2, 'application error'],
  [3, 'abnormal condition'],
]
const FLAGS: StatusWord['bits'] = [
  [0x04, 'low power'],
  [0x08, 'permanent error'],
  [0x10, 'temporary error'],
]

/** For meters that send no word of their own. */
export function headerStatus({ tpl }: Datagram): MeterStatus | null {
  if (!tpl || tpl.header === 'none') return null
  const { status } = tpl
  const conditions =
    status === 0 ? NONE : [...conditionsOf(status & 3, { bits: [], states: APPLICATION_STATES }), ...conditionsOf(status, { bits: FLAGS })]
  return { code: String(status), bits: 8, conditions }
}
