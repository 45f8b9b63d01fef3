import { joined } from './bytes.ts'
import type { Datagram } from './datagram.ts'
import { sessionKeys } from './kdf.ts'
import { authenticationCode, type Key } from './security.ts'

/** Authentication types whose code is an AES-CMAC, cut to 2, 4, 8, 12 or 16 bytes. */
const CMAC_TYPES = new Set([3, 4, 5, 6, 7])

/** The key derivation that the key information field selects: 0 is the key itself, without the field it is KDF-A. */
const usesKeyItself = (keyInformation: number | null): boolean => keyInformation !== null && (keyInformation & 0x30) === 0

/** The message control field follows CI, AFLL and FCL. */
const MESSAGE_CONTROL_AT = 4

/**
 * Compares the message's code (AFL) with its own; to be called before the transport layer is decrypted in place. A wrong
 * one is no fault: some meters' codes cover something else than the standard says, and policy decides what it is worth.
 */
export function verifyMac(d: Datagram, key: Key, id: number): void {
  const { afl, bytes } = d
  if (afl === null || afl.macLength === 0) return
  if (!CMAC_TYPES.has((afl.messageControl ?? 0) & 0x0f) || d.messageCounter === null) {
    d.notes.push('afl.mac-unsupported')
    return
  }
  const macEnd = afl.macAt + afl.macLength
  const secret = usesKeyItself(afl.keyInformation) ? key : sessionKeys(key, d.messageCounter, id).authentication
  // MCL, KI, MCR, then ML, transport and application layer to the end: the bytes around the MAC, as received.
  const message = joined([bytes.subarray(afl.at + MESSAGE_CONTROL_AT, afl.macAt), bytes.subarray(macEnd, d.end)])
  const code = authenticationCode(secret, message)
  d.mac = code.subarray(0, afl.macLength).every((byte, i) => byte === bytes[afl.macAt + i]) ? 'right' : 'wrong'
  if (d.mac === 'wrong') d.notes.push('afl.mac-wrong')
}
