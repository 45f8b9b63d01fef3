/** The table of tables of a database, as pages for a damaged file (SQLite file format, 1.3 and 1.6). */
import { closeSync, fsyncSync, openSync, statSync, writeSync } from 'node:fs'
import { emptyDatabase } from '../disk/database.ts'

/** Behind the header of the file that page 1 begins with stands that of its own tree. */
const TREE = 100
/** An inner page: it has no rows, and leads to pages that have. */
const INNER = 0x05

/**
 * Gives a file the first page of an empty database, and behind its end the pages that one leads to: nothing else in it is
 * touched. Tables that were made in the same order have their roots in the same places.
 */
export const replaceSchema = (path: string): void => {
  const { size } = statSync(path)
  const { first, behind, at } = schemaFor(size)
  const file = openSync(path, 'r+')
  try {
    writeSync(file, behind, 0, behind.length, at)
    fsyncSync(file)
    writeSync(file, first, 0, first.length, 0)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

interface SchemaPages {
  readonly first: Buffer
  readonly behind: Buffer
  /** Where those behind belong, in bytes. */
  readonly at: number
}

const schemaFor = (bytes: number): SchemaPages => {
  const empty = emptyDatabase()
  const image = empty.serialize()
  empty.close()
  const size = image.readUInt16BE(16)
  const before = Math.ceil(bytes / size)
  const first = Buffer.from(image.subarray(0, size))
  const leaves = childrenIn(first).map((pointer, n) => {
    const page = first.readUInt32BE(pointer)
    first.writeUInt32BE(before + 1 + n, pointer)
    return image.subarray((page - 1) * size, page * size)
  })
  // In WAL mode.
  first.fill(2, 18, 20)
  first.writeUInt32BE(before + leaves.length, 28)
  // "Version valid for" must be the change counter, or the size just given is not believed; no free pages.
  first.copy(first, 92, 24, 28)
  first.fill(0, 32, 40)
  return { first, behind: Buffer.concat(leaves), at: before * size }
}

/** Where in the first page the numbers of the pages stand that it leads to. */
const childrenIn = (first: Buffer): readonly number[] => {
  if (first[TREE] !== INNER) return []
  const cells = first.readUInt16BE(TREE + 3)
  return [...Array.from({ length: cells }, (_, n) => first.readUInt16BE(TREE + 12 + 2 * n)), TREE + 8]
}
