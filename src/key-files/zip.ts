import { inflateRawSync } from 'node:zlib'
import type { Problem } from './key-row.ts'

const MOST_ENTRIES = 64
const MOST_BYTES = 64 * 1024 * 1024
const END_LENGTH = 22
const ENTRY_LENGTH = 46
const LOCAL_LENGTH = 30
/** Signatures of APPNOTE.TXT 4.3.7, 4.3.12 and 4.3.16, little-endian. */
const LOCAL = 0x04034b50
const ENTRY = 0x02014b50
const END = 0x06054b50

/** The wanted entries of a ZIP, stored or deflated; none is unpacked past 64 MB together, and no name becomes a path. */
export const unzip = (bytes: Uint8Array, wanted: (name: string) => boolean): readonly Uint8Array[] | Problem => {
  try {
    return entriesOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), wanted)
  } catch {
    return { problem: 'is a damaged ZIP, or one of an unusual kind: fetch it anew, or unpack it and import the .kem file in it' }
  }
}

/** Throws where anything is out of bounds: `Buffer` checks every read. */
const entriesOf = (zip: Buffer, wanted: (name: string) => boolean): readonly Uint8Array[] => {
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'))
  const count = zip.readUInt16LE(end + 10)
  if (zip.readUInt32LE(end) !== END || end + END_LENGTH > zip.length || count > MOST_ENTRIES) throw new RangeError('end')
  const found: Uint8Array[] = []
  let room = MOST_BYTES
  for (let at = zip.readUInt32LE(end + 16), n = 0; n < count; n++) {
    if (zip.readUInt32LE(at) !== ENTRY) throw new RangeError('entry')
    const nameLength = zip.readUInt16LE(at + 28)
    const name = zip.toString('utf8', at + ENTRY_LENGTH, at + ENTRY_LENGTH + nameLength)
    if (wanted(name)) {
      found.push(contentOf(zip, at, room))
      room -= found.at(-1)!.length
    }
    at += ENTRY_LENGTH + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32)
  }
  return found
}

const contentOf = (zip: Buffer, at: number, room: number): Uint8Array => {
  const local = zip.readUInt32LE(at + 42)
  if (zip.readUInt32LE(local) !== LOCAL) throw new RangeError('local')
  const from = local + LOCAL_LENGTH + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
  const packed = zip.subarray(from, from + zip.readUInt32LE(at + 20))
  const method = zip.readUInt16LE(at + 10)
  if (zip.readUInt16LE(at + 8) & 1 || (method !== 0 && method !== 8)) throw new RangeError('method')
  const content = method === 0 ? packed : inflateRawSync(packed, { maxOutputLength: Math.max(room, 1) })
  if (content.length > room || content.length !== zip.readUInt32LE(at + 24) || crc32(content) !== zip.readUInt32LE(at + 16))
    throw new RangeError('content')
  return content
}

/** Node 20 has none. */
const crc32 = (bytes: Uint8Array): number => {
  let crc = ~0
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}
