/**
 * The only room that touches a cipher. AES comes from @noble/ciphers, whose block functions on a kept key schedule run in
 * any JavaScript engine and cost no cipher object per telegram; the block modes below are the few lines around them.
 */
import { cmac, unsafe } from '@noble/ciphers/aes.js'
import type { Address } from './address.ts'

/** One AES-128 key and its schedules, each expanded at first use. */
export interface Key {
  readonly bytes: Uint8Array
  encrypt: Uint32Array | null
  decrypt: Uint32Array | null
  /** One of thousands that stay, and small for it. */
  readonly stays: boolean
}

/** Wraps 16 key bytes (copied). Any other length is a programming error. */
export function aesKey(bytes: Uint8Array, stays = false): Key {
  if (bytes.length !== 16) throw new RangeError('an AES-128 key has 16 bytes')
  return { bytes: stays ? shelved(bytes) : bytes.slice(), encrypt: null, decrypt: null, stays }
}

function schedule(key: Key, expand: (bytes: Uint8Array) => Uint32Array): Uint32Array {
  const words = expand(key.bytes)
  if (!key.stays) return words
  const { buffer, byteOffset } = shelved(new Uint8Array(words.buffer))
  return new Uint32Array(buffer, byteOffset, words.length)
}

/** Small, since one key in use keeps all of it. */
const SHELF_BYTES = 1_536
let shelf = new Uint8Array(0)

/** A copy in a buffer that many share: 176 bytes weigh 600 in a buffer of their own, and 270 here. */
function shelved(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  if (shelf.length < bytes.length) shelf = new Uint8Array(SHELF_BYTES)
  const copy = shelf.subarray(0, bytes.length)
  shelf = shelf.subarray(bytes.length)
  copy.set(bytes)
  return copy
}

/** A 16-byte block as four little-endian words: the form the block functions take. */
export interface Block {
  w0: number
  w1: number
  w2: number
  w3: number
}

/** The first half of every initial vector here: M(2) ID(4) VER TYPE as on air. */
const addressWords = (a: Address): readonly [number, number] => [
  a.manufacturer | (a.id << 16),
  (a.id >>> 16) | (a.version << 16) | (a.deviceType << 24),
]

/** Initial vector of security mode 7: the key is another one for every message. */
export const ZERO_VECTOR: Block = { w0: 0, w1: 0, w2: 0, w3: 0 }

/** Initial vector of security mode 5: the address and eight times the access number (EN 13757-7). */
export function mode5Vector(address: Address, accessNumber: number): Block {
  const [w0, w1] = addressWords(address)
  const w = accessNumber * 0x01010101
  return { w0, w1, w2: w, w3: w }
}

/** Hop (10) and repeated access (02) change on the way and are no part of the counter block. */
const STABLE_CC = 0xed

/** Initial counter block of the extended link layer: address, CC, session number, frame number 0, block 0 (EN 13757-4). */
export function ellCounter(address: Address, communicationControl: number, sessionNumber: number): Block {
  const [w0, w1] = addressWords(address)
  return { w0, w1, w2: (communicationControl & STABLE_CC) | (sessionNumber << 8), w3: sessionNumber >>> 24 }
}

const word = (b: Uint8Array, i: number): number => b[i]! | (b[i + 1]! << 8) | (b[i + 2]! << 16) | (b[i + 3]! << 24)

function putWord(b: Uint8Array, i: number, w: number): void {
  b[i] = w
  b[i + 1] = w >>> 8
  b[i + 2] = w >>> 16
  b[i + 3] = w >>> 24
}

/** AES-CMAC (NIST SP 800-38B), 16 bytes. */
export const authenticationCode = (key: Key, message: Uint8Array): Uint8Array => cmac(message, key.bytes)

/** AES-128-CBC decryption in place of whole blocks `bytes[from, from + 16 × blocks)`. */
export function decryptCbc(key: Key, iv: Block, bytes: Uint8Array, from: number, blocks: number): void {
  key.decrypt ??= schedule(key, unsafe.expandKeyDecLE)
  let { w0, w1, w2, w3 } = iv
  for (let i = from, end = from + 16 * blocks; i < end; i += 16) {
    const c0 = word(bytes, i)
    const c1 = word(bytes, i + 4)
    const c2 = word(bytes, i + 8)
    const c3 = word(bytes, i + 12)
    const p = unsafe.decrypt(key.decrypt, c0, c1, c2, c3)
    putWord(bytes, i, p.s0 ^ w0)
    putWord(bytes, i + 4, p.s1 ^ w1)
    putWord(bytes, i + 8, p.s2 ^ w2)
    putWord(bytes, i + 12, p.s3 ^ w3)
    w0 = c0
    w1 = c1
    w2 = c2
    w3 = c3
  }
}

/** The last two bytes of a counter block are one number, high byte first. */
const lastTwo = (w3: number, add: number): number => {
  const counter = (((w3 >>> 8) & 0xff00) | (w3 >>> 24)) + add
  return (w3 & 0xffff) | ((counter & 0xff00) << 8) | (counter << 24)
}

/** AES-128-CTR in place of `bytes[from, to)`; its own inverse. Counts in the block's last two bytes. */
export function applyCtr(key: Key, counter: Block, bytes: Uint8Array, from: number, to: number): void {
  key.encrypt ??= schedule(key, unsafe.expandKeyLE)
  for (let i = from, n = 0; i < to; i += 16, n++) {
    const k = unsafe.encrypt(key.encrypt, counter.w0, counter.w1, counter.w2, lastTwo(counter.w3, n))
    if (i + 16 <= to) {
      putWord(bytes, i, word(bytes, i) ^ k.s0)
      putWord(bytes, i + 4, word(bytes, i + 4) ^ k.s1)
      putWord(bytes, i + 8, word(bytes, i + 8) ^ k.s2)
      putWord(bytes, i + 12, word(bytes, i + 12) ^ k.s3)
    } else {
      const tail = [k.s0, k.s1, k.s2, k.s3]
      for (let j = i; j < to; j++) bytes[j] = bytes[j]! ^ (tail[(j - i) >> 2]! >>> (8 * ((j - i) & 3)))
    }
  }
}

/** The 16 bytes from `i` as a block. */
export const blockAt = (bytes: Uint8Array, i: number): Block => ({
  w0: word(bytes, i),
  w1: word(bytes, i + 4),
  w2: word(bytes, i + 8),
  w3: word(bytes, i + 12),
})

/** Writes a block as `blockAt` reads it. */
export function putBlock(bytes: Uint8Array, i: number, { w0, w1, w2, w3 }: Block): void {
  putWord(bytes, i, w0)
  putWord(bytes, i + 4, w1)
  putWord(bytes, i + 8, w2)
  putWord(bytes, i + 12, w3)
}

/** The last block of AES-128-CBC encryption of whole blocks under a zero vector: the authentication half of CCM. */
export function cbcMac(key: Key, blocks: Uint8Array): Uint8Array {
  key.encrypt ??= schedule(key, unsafe.expandKeyLE)
  let x = { s0: 0, s1: 0, s2: 0, s3: 0 }
  for (let i = 0; i < blocks.length; i += 16) {
    const { w0, w1, w2, w3 } = blockAt(blocks, i)
    x = unsafe.encrypt(key.encrypt, x.s0 ^ w0, x.s1 ^ w1, x.s2 ^ w2, x.s3 ^ w3)
  }
  const code = new Uint8Array(16)
  putBlock(code, 0, { w0: x.s0, w1: x.s1, w2: x.s2, w3: x.s3 })
  return code
}
