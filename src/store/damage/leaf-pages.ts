/**
 * Rows from the pages of a damaged file, past the tree that no longer leads to them (SQLite file format, 1.6 B-tree pages and
 * 2.1 record format). Which table a row was of only its shape can tell, and whether it is whole only its own checksum.
 */
import { closeSync, openSync, readSync } from 'node:fs'

const PAGE = 4096
const PAGES_AT_ONCE = 64
/** A leaf of a table. */
const LEAF = 0x0d
/** A payload up to this stays in its page whole (usable size − 35). */
const MOST_LOCAL = PAGE - 35
const LEAST_LOCAL = Math.floor(((PAGE - 12) * 32) / 255) - 23
/** Longer ones are not ours: a row has a few hundred bytes. */
const LONGEST = 1_000_000

/** A row of whatever table. */
export interface Cell {
  readonly rowid: number
  readonly values: readonly CellValue[]
}
export type CellValue = null | number | string | Buffer

/** Every cell of every leaf that reads as a row, a few pages at a time. */
export function* cellsInPages(path: string): Generator<readonly Cell[]> {
  const file = openSync(path, 'r')
  try {
    const pages = Buffer.alloc(PAGE * PAGES_AT_ONCE)
    for (let at = 0; ; at += pages.length) {
      const length = readSync(file, pages, 0, pages.length, at)
      const cells: Cell[] = []
      for (let page = 0; page + PAGE <= length; page += PAGE) cells.push(...cellsIn(pages.subarray(page, page + PAGE), file))
      yield cells
      if (length < pages.length) return
    }
  } finally {
    closeSync(file)
  }
}

function cellsIn(page: Buffer, file: number): readonly Cell[] {
  if (page[0] !== LEAF) return []
  const cells = Math.min(page.readUInt16BE(3), (PAGE - 8) / 2)
  return Array.from({ length: cells }, (_, n) => cellAt(page, page.readUInt16BE(8 + n * 2), file)).filter((cell) => cell !== null)
}

/** Anything may stand there: what does not read as a row is none. */
function cellAt(page: Buffer, start: number, file: number): Cell | null {
  try {
    const [length, afterLength] = varint(page, start)
    const [rowid, at] = varint(page, afterLength)
    const values = length > LONGEST ? null : valuesOf(payloadAt(page, at, length, file))
    return values && { rowid, values }
  } catch {
    return null
  }
}

/** What does not fit its page goes on in a chain of overflow pages. */
function payloadAt(page: Buffer, at: number, length: number, file: number): Buffer {
  if (length <= MOST_LOCAL) return page.subarray(at, at + length)
  const fitting = LEAST_LOCAL + ((length - LEAST_LOCAL) % (PAGE - 4))
  const local = fitting <= MOST_LOCAL ? fitting : LEAST_LOCAL
  const parts = [page.subarray(at, at + local)]
  let next = page.readUInt32BE(at + local)
  for (let left = length - local; left > 0; left -= PAGE - 4) {
    const overflow = Buffer.alloc(PAGE)
    readSync(file, overflow, 0, PAGE, (next - 1) * PAGE)
    parts.push(overflow.subarray(4, 4 + left))
    next = overflow.readUInt32BE(0)
  }
  return Buffer.concat(parts)
}

function valuesOf(payload: Buffer): readonly CellValue[] | null {
  const [headerEnd, first] = varint(payload, 0)
  const values: CellValue[] = []
  let at = headerEnd
  for (let header = first; header < headerEnd; ) {
    const [type, next] = varint(payload, header)
    const [value, length] = valueAt(payload, at, type)
    values.push(value)
    at += length
    header = next
  }
  return at === payload.length ? values : null
}

const INTEGER_BYTES = [0, 1, 2, 3, 4, 6, 8] as const

/** A value and its length in bytes, by its serial type. */
function valueAt(payload: Buffer, at: number, type: number): readonly [CellValue, number] {
  if (type === 0) return [null, 0]
  if (type === 8 || type === 9) return [type - 8, 0]
  if (type === 7) return [payload.readDoubleBE(at), 8]
  if (type < 7) {
    const length = INTEGER_BYTES[type]!
    return [length === 8 ? Number(payload.readBigInt64BE(at)) : payload.readIntBE(at, length), length]
  }
  const length = (type - (type % 2 === 0 ? 12 : 13)) / 2
  const bytes = payload.subarray(at, at + length)
  return [type % 2 === 0 ? Buffer.from(bytes) : bytes.toString('utf8'), length]
}

/** A variable-length integer and where it ends; past 2^53 nothing of ours is found. */
function varint(bytes: Buffer, at: number): readonly [number, number] {
  let value = 0
  for (let n = 0; n < 8; n++) {
    const byte = bytes.readUInt8(at + n)
    value = value * 128 + (byte & 0x7f)
    if (byte < 0x80) return [value, at + n + 1]
  }
  return [value * 256 + bytes.readUInt8(at + 8), at + 9]
}
