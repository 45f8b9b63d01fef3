/**
 * Builds telegrams as meters send them: records, transport header, extended link layer, frame. It shares no code with
 * `src/`, so that a mistake there does not meet itself here; AES comes from node:crypto.
 */
import { createCipheriv } from 'node:crypto'

/** Who sends: the four parts of a link layer or transport layer address. */
export interface Sender {
  /** Three letters. */
  readonly manufacturer: string
  /** Eight digits. */
  readonly id: string
  readonly version: number
  readonly type: number
}

export const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'))
export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex').toUpperCase()
export function join(...parts: readonly ArrayLike<number>[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** CRC-16 of EN 13757-4, bit by bit. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x3d65) & 0xffff : crc << 1
  }
  return 0xffff - crc
}

/** Little-endian two's complement. */
export function integer(value: number | bigint, size: number): Uint8Array {
  const unsigned = BigInt.asUintN(8 * size, BigInt(value))
  return Uint8Array.from({ length: size }, (_, i) => Number((unsigned >> BigInt(8 * i)) & 0xffn))
}

/** BCD, least significant byte first; a minus sign is a top digit F. */
export function bcd(value: number | bigint, size: number): Uint8Array {
  const negative = BigInt(value) < 0n
  const digits = String(negative ? -BigInt(value) : value).padStart(2 * size, '0')
  if (digits.length > 2 * size || (negative && digits[0] !== '0')) throw new RangeError(`${value} does not fit ${size} BCD bytes`)
  return hex(negative ? `F${digits.slice(1)}` : digits).reverse()
}

export function real(value: number): Uint8Array {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatLE(value)
  return Uint8Array.from(bytes)
}

/** LVAR text: its length, then Latin-1, the last character first. */
export const text = (characters: string): Uint8Array => join([characters.length], Buffer.from(characters, 'latin1').reverse())

/** Type G: `2026-11-23`. */
export function date(iso: string): Uint8Array {
  const [year = 0, month = 0, day = 0] = iso.split('-').map(Number)
  const short = year % 100
  return integer(day | ((short & 7) << 5) | (month << 8) | ((short >> 3) << 12), 2)
}

/** Type F: `2026-11-23T23:50`. */
export function dateTime(iso: string): Uint8Array {
  const [day = '', time = ''] = iso.split('T')
  const [hour = 0, minute = 0] = time.split(':').map(Number)
  return join([minute, hour], date(day))
}

export interface Dib {
  /** DIF bits 3–0. */
  readonly coding: number
  /** DIF bits 5–4: 0 instantaneous, 1 maximum, 2 minimum, 3 during error. */
  readonly fn?: number
  readonly storage?: number | bigint
  readonly tariff?: number
  readonly subunit?: number
}

/** DIF and as few DIFEs as the numbers need. */
export function dib({ coding, fn = 0, storage = 0, tariff = 0, subunit = 0 }: Dib): Uint8Array {
  const bytes = [coding | (fn << 4) | (Number(BigInt(storage) & 1n) << 6)]
  let [s, t, u] = [BigInt(storage) >> 1n, tariff, subunit]
  while (s > 0n || t > 0 || u > 0) {
    bytes[bytes.length - 1]! |= 0x80
    bytes.push(Number(s & 15n) | ((t & 3) << 4) | ((u & 1) << 6))
    s >>= 4n
    t >>= 2
    u >>= 1
  }
  return Uint8Array.from(bytes)
}

/** One record: DIB and VIB as bytes or hex, and its data. */
export const record = (header: Uint8Array | string, data: Uint8Array = new Uint8Array()): Uint8Array =>
  join(typeof header === 'string' ? hex(header) : header, data)

const manufacturer = (letters: string): Uint8Array =>
  integer(
    [...letters].reduce((code, letter) => code * 32 + letter.charCodeAt(0) - 64, 0),
    2,
  )
const idBytes = (s: Sender): Uint8Array => hex(s.id).reverse()

/** M ID VER TYPE. */
export const linkAddress = (s: Sender): Uint8Array => join(manufacturer(s.manufacturer), idBytes(s), [s.version, s.type])
/** ID M VER TYPE. */
const transportAddress = (s: Sender): Uint8Array => join(idBytes(s), manufacturer(s.manufacturer), [s.version, s.type])

export interface TransportOptions {
  readonly ci?: number
  readonly accessNumber?: number
  readonly status?: number
  /** Encrypts in security mode 5 … */
  readonly key?: Uint8Array
  /** … only so many blocks; the rest stays plain. Left out: everything, filled up with 2F. */
  readonly blocks?: number
  /** Without a key: stands as it is. */
  readonly configurationField?: number
}

const FILLERS = Uint8Array.of(0x2f, 0x2f)

/** Configuration field and body of security mode 5, or of none. */
function secured(sender: Sender, records: Uint8Array, o: TransportOptions): Uint8Array {
  if (!o.key) return join(integer(o.configurationField ?? 0, 2), records)
  const plain = join(FILLERS, records)
  const blocks = o.blocks ?? Math.ceil(plain.length / 16)
  const body = join(plain, new Uint8Array(Math.max(16 * blocks - plain.length, 0)).fill(0x2f))
  const iv = join(linkAddress(sender), new Uint8Array(8).fill(o.accessNumber ?? 0))
  const cipher = createCipheriv('aes-128-cbc', o.key, iv).setAutoPadding(false)
  const sealed = cipher.update(body.subarray(0, 16 * blocks))
  return join(integer(0x0500 | (blocks << 4), 2), sealed, body.subarray(16 * blocks))
}

const fields = (o: TransportOptions): number[] => [o.accessNumber ?? 0, o.status ?? 0]

/** CI 78: no transport header. */
export const noHeader = (records: Uint8Array, ci = 0x78): Uint8Array => join([ci], records)

/** CI 7A: the link layer's sender is the meter. */
export const shortHeader = (sender: Sender, records: Uint8Array, o: TransportOptions = {}): Uint8Array =>
  join([o.ci ?? 0x7a], fields(o), secured(sender, records, o))

/** CI 72: the meter stands in the header, whoever sends. */
export const longHeader = (meter: Sender, records: Uint8Array, o: TransportOptions = {}): Uint8Array =>
  join([o.ci ?? 0x72], transportAddress(meter), fields(o), secured(meter, records, o))

export interface LinkOptions {
  readonly communicationControl?: number
  readonly accessNumber?: number
  /** CI 8E instead of 8C, 8F instead of 8D. */
  readonly partner?: Sender
}

/** Extended link layer without a session: CI 8C, or 8E with a partner. */
export const ellPlain = (content: Uint8Array, o: LinkOptions = {}): Uint8Array =>
  join([o.partner ? 0x8e : 0x8c, o.communicationControl ?? 0x20, o.accessNumber ?? 0], o.partner ? linkAddress(o.partner) : [], content)

export interface SessionOptions extends LinkOptions {
  /** Encrypts with AES-128-CTR. */
  readonly key?: Uint8Array
  /** Bits 28–0; the encryption bits follow from the key, unless `encryption` says otherwise. */
  readonly session?: number
  readonly encryption?: number
}

/** Extended link layer with session number and payload CRC: CI 8D, or 8F with a partner. */
export function ellSession(sender: Sender, content: Uint8Array, o: SessionOptions = {}): Uint8Array {
  const cc = o.communicationControl ?? 0x20
  const session = integer((o.encryption ?? (o.key ? 1 : 0)) * 2 ** 29 + (o.session ?? 0), 4)
  const payload = join(integer(crc16(content), 2), content)
  const counter = join(linkAddress(sender), [cc & ~0x12], session, [0, 0, 0])
  const body = o.key ? createCipheriv('aes-128-ctr', o.key, counter).update(payload) : payload
  const head = [o.partner ? 0x8f : 0x8d, cc, o.accessNumber ?? 0]
  return join(head, o.partner ? linkAddress(o.partner) : [], session, body)
}

/** A radio frame without CRCs: L C M A, then the content from its first CI on. */
export const stripped = (sender: Sender, content: Uint8Array, control = 0x44): Uint8Array =>
  join([9 + content.length, control], linkAddress(sender), content)

const withCrc = (block: Uint8Array): Uint8Array => join(block, integer(crc16(block), 2).reverse())

/** Frame format A of a CRC-free frame. */
export function frameA(plain: Uint8Array): Uint8Array {
  const blocks = [withCrc(plain.subarray(0, 10))]
  for (let at = 10; at < plain.length; at += 16) blocks.push(withCrc(plain.subarray(at, at + 16)))
  return join(...blocks)
}

/** Frame format B of a CRC-free frame: one CRC, or two when it is longer than 128 bytes with it. L counts them. */
export function frameB(plain: Uint8Array): Uint8Array {
  const single = plain.length + 2 <= 128
  const counted = join([plain.length - 1 + (single ? 2 : 4)], plain.subarray(1))
  return single ? withCrc(counted) : join(withCrc(counted.subarray(0, 126)), withCrc(counted.subarray(126)))
}

/** A wired long frame around C, A and the content. */
export function wired(content: Uint8Array, control = 0x08, address = 0xfd): Uint8Array {
  const body = join([control, address], content)
  const sum = body.reduce((total, byte) => total + byte, 0)
  return join([0x68, body.length, body.length, 0x68], body, [sum & 0xff, 0x16])
}
