import type { Cursor } from '../wmbus/cursor.ts'
import { type DataRecord, emptyRecord, readHeader } from '../wmbus/record.ts'
import { isSpecial } from '../wmbus/records.ts'
import { dataSpans, lengthField, recordWords } from './data.ts'
import { notRead } from './dll.ts'
import { headerFields } from './header.ts'
import { type Branch, block, lay, type Span, type Walk } from './tree.ts'

const DOCUMENT = 'EN 13757-3'
const FILLER = 0x2f
const GLOBAL_READOUT = 0x7f
const SPECIAL: Readonly<Record<number, string>> = {
  [0x0f]: 'manufacturer data to the end',
  [0x1f]: 'manufacturer data to the end, more records in the next telegram',
}
const VARIABLE_LENGTH = 13

export type Nodes = (Span | Branch<Span>)[]

/** What a record says that its bytes do not. */
const noteOf = ({ d }: Walk, r: DataRecord): string | undefined =>
  d.plainFrom > 0 && !r.protected ? 'not encrypted: anyone could have appended it' : undefined

/** A record as its own branch. */
export const recordBranch = (label: string, children: readonly Span[]): Branch<Span> => ({ layer: 'apl', label, children })

/** Values that a compact profile was expanded to have no header of their own. */
export const isElement = (r: DataRecord): boolean => r.at === r.dataAt

/** Fillers and requests for a readout: bytes between records that say nothing. */
export function fillers(w: Walk): Span[] {
  const spans: Span[] = []
  for (let byte = w.bytes[w.pos]; w.pos < w.end && (byte === FILLER || byte === GLOBAL_READOUT); byte = w.bytes[w.pos]) {
    let to = w.pos
    while (to < w.end && w.bytes[to] === byte) to++
    const isFiller = byte === FILLER
    const words = isFiller ? 'says nothing' : 'says nothing in an answer'
    spans.push(...block(w, to, 'apl', isFiller ? 'filler' : 'global readout', words, `${DOCUMENT}, special DIFs`))
  }
  return spans
}

function readRecord(w: Walk, r: DataRecord): Branch<Span> {
  const header = lay(w, 'apl', headerFields(w.bytes, r.at, r.dataAt))
  return recordBranch(recordWords(r), [...header, ...dataSpans(w, r, noteOf(w, r))])
}

/** The record that the codec could not read: its header as far as it goes, and the rest. */
function brokenRecord(w: Walk): Branch<Span> {
  const dif = w.bytes[w.pos]!
  if (isSpecial(dif)) {
    const special = lay(w, 'apl', [{ size: 1, field: 'DIF', clause: `${DOCUMENT}, special DIFs`, say: () => 'reserved special function' }])
    return recordBranch('a record that cannot be read', special)
  }
  const c: Cursor = { bytes: w.bytes, pos: w.pos + 1, end: w.end, short: false }
  const fault = readHeader(c, emptyRecord(w.pos, false), dif)
  const spans = lay(w, 'apl', headerFields(w.bytes, w.pos, c.pos))
  if (!fault && (dif & 0x0f) === VARIABLE_LENGTH) spans.push(...lay(w, 'apl', [lengthField]))
  if (w.d.fault === 'apl.truncated') spans.push(...block(w, w.end, 'apl', 'data', 'cut off: the record needs more bytes'))
  return recordBranch('a record that cannot be read', spans)
}

/** What follows the last record: manufacturer data, the left over of a CRC, or the record where the codec stopped. */
function tail(w: Walk): Nodes {
  if (w.pos >= w.end) return []
  const { fault } = w.d
  if (fault !== null) return [brokenRecord(w), ...notRead(w)]
  const words = SPECIAL[w.bytes[w.pos]!]
  if (w.d.notes.includes('apl.short-tail') || words === undefined)
    return block(w, w.end, 'rest', 'left over', 'of a CRC that was not cut off')
  const dif = lay(w, 'apl', [{ size: 1, field: 'DIF', clause: `${DOCUMENT}, 6.5 manufacturer specific data`, say: () => words }])
  return [...dif, ...manufacturerData(w)]
}

/** Bytes that only the manufacturer, or the meter type, knows to read. */
export const manufacturerData = (w: Walk): Span[] =>
  block(w, w.end, 'apl', 'manufacturer data', 'the manufacturer’s own', `${DOCUMENT}, 6.5 manufacturer specific data`)

/** The records of a full frame, in order, with all that stands between and behind them. */
export function records(w: Walk): Nodes {
  const nodes: Nodes = []
  for (const r of w.d.records) if (!isElement(r)) nodes.push(...fillers(w), readRecord(w, r))
  nodes.push(...fillers(w))
  return [...nodes, ...tail(w)]
}
