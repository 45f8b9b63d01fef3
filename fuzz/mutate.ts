/** What happens to bytes on the way, and what an attacker would try. Each takes bytes and leaves them as they were. */
import { join } from '../test/support/telegrams.ts'
import type { Random } from './random.ts'

type Mutation = (r: Random, bytes: Uint8Array, other: Uint8Array) => Uint8Array

/** Bytes with a meaning somewhere: extensions, special DIFs, length classes, invalid values, CI-fields. */
const TELLING = [
  0x00, 0x0f, 0x1f, 0x2f, 0x3f, 0x7f, 0x80, 0xff, 0x0d, 0x8d, 0x7c, 0xfc, 0xfd, 0xfb, 0xef, 0x6d, 0xc9, 0xd9, 0xef, 0xf6, 0x72, 0x7a, 0x8d,
  0x90,
]

const changed = (bytes: Uint8Array, at: number, byte: number): Uint8Array => {
  const copy = bytes.slice()
  if (copy.length > 0) copy[at] = byte
  return copy
}
const inserted = (bytes: Uint8Array, at: number, more: Uint8Array): Uint8Array => join(bytes.subarray(0, at), more, bytes.subarray(at))

/** A chain of extension bytes, up to two longer than the standard allows. */
const chain = (r: Random): Uint8Array => {
  const bytes = r.bytes(1 + r.below(12)).map((byte) => byte | 0x80)
  bytes[bytes.length - 1]! &= r.chance(0.9) ? 0x7f : 0xff
  return bytes
}

const MUTATIONS: readonly Mutation[] = [
  (r, bytes) => {
    const at = r.below(bytes.length)
    return changed(bytes, at, (bytes[at] ?? 0) ^ (1 << r.below(8)))
  },
  (r, bytes) => changed(bytes, r.below(bytes.length), r.below(256)),
  (r, bytes) => changed(bytes, r.below(bytes.length), r.pick(TELLING)),
  (r, bytes) => bytes.subarray(0, r.below(bytes.length + 1)),
  (r, bytes) => join(bytes, r.bytes(1 + r.below(16))),
  (r, bytes) => {
    const at = r.below(bytes.length)
    return join(bytes.subarray(0, at), bytes.subarray(at + 1 + r.below(8)))
  },
  (r, bytes) => {
    const at = r.below(bytes.length)
    return inserted(bytes, at, bytes.subarray(at, at + r.below(24)))
  },
  (r, bytes, other) => join(bytes.subarray(0, r.below(bytes.length + 1)), other.subarray(r.below(other.length + 1))),
  (r, bytes) => inserted(bytes, r.below(bytes.length + 1), chain(r)),
  (r, bytes) => inserted(bytes, r.below(bytes.length + 1), join([r.below(256) | 0x80], chain(r), [r.below(256) | 0x80], chain(r))),
  (r, bytes) => inserted(bytes, r.below(bytes.length + 1), join([0x0d, r.below(128), r.below(256)], r.bytes(r.below(20)))),
  (r, bytes) => inserted(bytes, r.below(bytes.length + 1), Uint8Array.of(r.pick(TELLING))),
]

/** One to four mutations of `bytes`, some of them with parts of `other`. */
export function mutated(r: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  let result = bytes
  for (let n = 1 + r.below(4); n > 0; n--) result = r.pick(MUTATIONS)(r, result, other)
  return result
}
