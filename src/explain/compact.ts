/** Compact and format frames (EN 13757-3, annex G), and the fixed structure of old wired meters. */
import type { Cursor } from '../wmbus/cursor.ts'
import { emptyRecord, readHeader } from '../wmbus/record.ts'
import { isSpecial } from '../wmbus/records.ts'
import { hexOf } from '../wmbus/value.ts'
import { dataSpans, recordWords } from './data.ts'
import { notRead } from './dll.ts'
import { headerFields, headerWords } from './header.ts'
import { fillers, isElement, type Nodes, recordBranch } from './records.ts'
import { block, type Field, lay, type Walk } from './tree.ts'
import { hexWord, numberOf } from './words.ts'

const ANNEX_G = 'EN 13757-3, annex G'

const signature = (words: string): Field => ({
  size: 2,
  field: 'signature',
  clause: ANNEX_G,
  say: (bytes) => `${hexWord(numberOf(bytes))}: ${words}`,
})

const fullFrameCrc = (words: string): Field => ({ size: 2, field: 'full frame CRC', clause: ANNEX_G, say: () => words })

/** What is behind the last record: fillers, then what was not read or is a left over. */
const rest = (w: Walk): Nodes => [
  ...fillers(w),
  ...(w.d.fault === null ? block(w, w.end, 'rest', 'left over', 'of a CRC that was not cut off') : notRead(w)),
]

/** The data of the records alone: their headers are those of the format that the signature names. */
export function compact(w: Walk): Nodes {
  const { fault, notes, records, bytes, format } = w.d
  const isKnown = format?.headers != null
  const isWrong = fault === 'apl.compact-crc' || notes.includes('apl.compact-crc-mismatch')
  const crc = !isKnown ? 'not checked: the format is not known' : isWrong ? 'wrong' : 'right: so is the format'
  const nodes: Nodes = lay(w, 'apl', [signature(isKnown ? 'a known format' : 'a format not heard yet'), fullFrameCrc(crc)])
  for (const r of records.filter((each) => !isElement(each))) {
    const note = `${hexOf(bytes, r.at, r.dataAt)} in the format: ${headerWords(bytes.subarray(r.at, r.dataAt))}`
    nodes.push(recordBranch(recordWords(r), dataSpans(w, r, note)))
  }
  return [...nodes, ...rest(w)]
}

/** The headers of a format, one behind the other, without data. */
export function format(w: Walk): Nodes {
  const length: Field = { size: 1, field: 'length', clause: ANNEX_G, say: ([n]) => `${n} bytes of signature and headers` }
  const end = Math.min(w.pos + 1 + (w.bytes[w.pos] ?? 0), w.end)
  const isWrong = w.d.fault === 'apl.compact-crc'
  const nodes: Nodes = lay(w, 'apl', [length, signature(isWrong ? 'does not fit the headers' : 'the CRC of the headers')])
  for (let n = 1; !isWrong && w.pos < end && !isSpecial(w.bytes[w.pos]!); n++) {
    const c: Cursor = { bytes: w.bytes, pos: w.pos + 1, end, short: false }
    if (readHeader(c, emptyRecord(w.pos, false), w.bytes[w.pos]!)) break
    nodes.push(recordBranch(`header ${n}`, lay(w, 'apl', headerFields(w.bytes, w.pos, c.pos))))
  }
  return [...nodes, ...rest(w)]
}

/** Two unit bytes and two counters. */
export function fixed(w: Walk): Nodes {
  const clause = 'EN 13757-3, fixed data structure'
  const unit = (n: number): Field => ({
    size: 1,
    field: `unit ${n}`,
    clause,
    say: ([code]) => `unit code ${code! & 0x3f}, medium bits ${code! >> 6}`,
  })
  const nodes: Nodes = lay(w, 'apl', [unit(1), unit(2)])
  for (const [i, r] of w.d.records.entries())
    nodes.push(...lay(w, 'apl', [{ size: r.end - r.at, field: `counter ${i + 1}`, clause, say: () => recordWords(r) }]))
  return [...nodes, ...notRead(w)]
}
