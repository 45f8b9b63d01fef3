import { keyCheck } from '../store/meters/sealed-key.ts'
import type { Address } from '../wmbus/address.ts'
import { aesKey, type Key } from '../wmbus/security.ts'
import type { Telegram } from '../wmbus/telegram.ts'
import { type Codec, type Fit, tryKey } from './fit.ts'

/** A key that may be a meter's. */
export interface Candidate {
  readonly key: Key
  readonly check: string
  /** Who brought it. */
  readonly by: string
}

export const candidateOf = (bytes: Uint8Array, by: string): Candidate => ({ key: aesKey(bytes, true), check: keyCheck(bytes), by })

/** Check values are short: of so many keys some share theirs. */
export const hexOf = ({ key }: Candidate): string => Buffer.from(key.bytes).toString('hex')

/** One try: null where the key is not this meter's. */
export type Try = (telegram: Telegram, whose: Address, candidate: Candidate, before: Fit | null) => Fit | null

/** Tries, and counts them. */
export function trier(codec: Codec): { readonly attempt: Try; tries(): number } {
  let tries = 0
  return {
    attempt(telegram, whose, { key, check }, before) {
      tries++
      return tryKey(codec, telegram, whose, key, before ?? check)
    },
    tries: () => tries,
  }
}
