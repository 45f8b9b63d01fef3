/** AES-128-CCM (NIST SP 800-38C, RFC 3610) with a nonce of 13 bytes, hence two bytes of length and of counter. */
import type { Address } from './address.ts'
import { applyCtr, blockAt, cbcMac, type Key } from './security.ts'

/** Nonce of security mode 10: M ID VER TYPE as on air, 00, and the message counter, high byte first. */
export function mode10Nonce(address: Address, messageCounter: number): Uint8Array {
  const nonce = new Uint8Array(13)
  const view = new DataView(nonce.buffer)
  view.setUint16(0, address.manufacturer, true)
  view.setUint32(2, address.id, true)
  view.setUint8(6, address.version)
  view.setUint8(7, address.deviceType)
  view.setUint32(9, messageCounter)
  return nonce
}

/** Two bytes of length, as flags count them: one less. */
const LENGTH_BYTES = 1
const HAS_ASSOCIATED = 0x40

/** flags ‖ nonce ‖ number: the first block of the code, and every counter block. */
function numbered(flags: number, nonce: Uint8Array, number: number): Uint8Array {
  const block = new Uint8Array(16)
  block[0] = flags
  block.set(nonce, 1)
  block[14] = number >> 8
  block[15] = number
  return block
}

const wholeBlocks = (length: number): number => (length + 15) & ~15

/** The code before its encryption: over lengths, associated data and plain text, each padded to whole blocks. */
function codeOf(key: Key, nonce: Uint8Array, associated: Uint8Array, plain: Uint8Array, tagLength: number): Uint8Array {
  const plainAt = 16 + wholeBlocks(2 + associated.length)
  const blocks = new Uint8Array(plainAt + wholeBlocks(plain.length))
  blocks.set(numbered(HAS_ASSOCIATED | (((tagLength - 2) / 2) << 3) | LENGTH_BYTES, nonce, plain.length))
  blocks[16] = associated.length >> 8
  blocks[17] = associated.length
  blocks.set(associated, 18)
  blocks.set(plain, plainAt)
  return cbcMac(key, blocks)
}

/**
 * Decrypts `bytes[from, tagAt)` in place and says whether the tag behind it fits key, nonce and associated data (which must
 * not be empty).
 */
export function openCcm(
  key: Key,
  nonce: Uint8Array,
  associated: Uint8Array,
  bytes: Uint8Array,
  from: number,
  tagAt: number,
  tagLength: number,
): boolean {
  applyCtr(key, blockAt(numbered(LENGTH_BYTES, nonce, 1), 0), bytes, from, tagAt)
  const code = codeOf(key, nonce, associated, bytes.subarray(from, tagAt), tagLength)
  applyCtr(key, blockAt(numbered(LENGTH_BYTES, nonce, 0), 0), code, 0, 16)
  let difference = 0
  for (let i = 0; i < tagLength; i++) difference |= code[i]! ^ bytes[tagAt + i]!
  return difference === 0
}
