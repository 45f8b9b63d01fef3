/** Whether a key is a meter's, by what it makes of its telegrams. Pure. */
import { decoderFor, type Registry } from '../decoders/index.ts'
import { observe } from '../decoders/interpret.ts'
import type { Mark } from '../memory/marks.ts'
import { judge } from '../trust.ts'
import { type Address, meterName } from '../wmbus/address.ts'
import type { FormatOf } from '../wmbus/compact.ts'
import { address, frame, open } from '../wmbus/decode.ts'
import type { Key } from '../wmbus/security.ts'
import type { Telegram } from '../wmbus/telegram.ts'

/** What a key has made of a meter's telegrams so far. */
export interface Fit {
  readonly mark: Mark
  readonly telegrams: number
  /** Of the last one: the same once more proves nothing, as what opens it by chance does so each time. */
  readonly bytes: Uint8Array
}

const NO_FIT = (keyCheck: string): Fit => ({
  mark: { keyCheck, confirmed: false, fitting: 0, glimpse: null, newest: null, restart: null },
  telegrams: 0,
  bytes: new Uint8Array(),
})

/** A right code proves a key by one telegram; a person is told of two. */
const LEAST = 2
export const isProven = ({ mark, telegrams }: Fit): boolean => mark.confirmed && telegrams >= LEAST

export interface Codec {
  readonly registry: Registry
  readonly formatOf: FormatOf
}

/** Null where the key does not open the telegram, or what it opens is no reading. */
export function tryKey({ registry, formatOf }: Codec, telegram: Telegram, whose: Address, key: Key, before: Fit | string): Fit | null {
  if (typeof before !== 'string' && isSame(before.bytes, telegram.bytes)) return before
  const d = open(address(frame(telegram.bytes, telegram.crc)), key, formatOf)
  if (d.fault !== null || d.encryption === 'none' || d.mac === 'wrong') return null
  const observation = observe(decoderFor(whose, registry), d, meterName(whose), whose, telegram.heard, true)
  if (observation === null) return null
  const fit = typeof before === 'string' ? NO_FIT(before) : before
  return { mark: judge(fit.mark, d, observation).mark, telegrams: fit.telegrams + 1, bytes: telegram.bytes.slice() }
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i])
