/**
 * Bytes of the fuzzer → bytes as received: the first says how, and the length byte and checksums are made right, so that what
 * was changed is read and not merely refused.
 */
import { joined } from '../../src/wmbus/bytes.ts'
import { crc16 } from '../../src/wmbus/crc.ts'
import type { CrcLayout } from '../../src/wmbus/telegram.ts'

export interface Received {
  readonly bytes: Uint8Array
  readonly crc: CrcLayout
  readonly key: Uint8Array | null
}

/** One key for all inputs: what was encrypted with it once stays readable when the fuzzer changes what is around it. */
export const KEY = Uint8Array.from({ length: 16 }, (_, i) => i)

const LAYOUTS: readonly CrcLayout[] = ['stripped', 'A', 'B', 'AorB', 'wired', 'unknown']
const WITH_KEY = 0x08
const AS_IT_IS = 0x10

const withCrc = (block: Uint8Array): Uint8Array => {
  const crc = crc16(block, 0, block.length)
  return joined([block, Uint8Array.of(crc >> 8, crc & 0xff)])
}

const framedA = (plain: Uint8Array): Uint8Array => {
  const blocks = [withCrc(plain.subarray(0, 10))]
  for (let at = 10; at < plain.length; at += 16) blocks.push(withCrc(plain.subarray(at, at + 16)))
  return joined(blocks)
}

const framedB = (plain: Uint8Array): Uint8Array => {
  const single = plain.length + 2 <= 128
  const counted = joined([Uint8Array.of(plain.length - 1 + (single ? 2 : 4)), plain.subarray(1)])
  return single ? withCrc(counted) : joined([withCrc(counted.subarray(0, 126)), withCrc(counted.subarray(126))])
}

const wired = (plain: Uint8Array): Uint8Array => {
  const body = plain.subarray(1, 252)
  const sum = body.reduce((total, byte) => total + byte, 0)
  return joined([Uint8Array.of(0x68, body.length, body.length, 0x68), body, Uint8Array.of(sum & 0xff, 0x16)])
}

const FRAMES: Readonly<Record<CrcLayout, (plain: Uint8Array) => Uint8Array>> = {
  A: framedA,
  B: framedB,
  AorB: framedB,
  stripped: (plain) => plain,
  unknown: (plain) => plain,
  wired,
}

/** Null: nothing to receive. */
export function received(data: Uint8Array): Received | null {
  const how = data[0]
  if (how === undefined) return null
  const crc = LAYOUTS[(how & 7) % LAYOUTS.length]!
  const key = how & WITH_KEY ? KEY : null
  const plain = data.slice(1, 256)
  if (how & AS_IT_IS || plain.length === 0) return { bytes: plain, crc, key }
  plain[0] = plain.length - 1
  return { bytes: FRAMES[crc](plain), crc, key }
}
