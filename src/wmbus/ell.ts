import { linkAddress } from './address.ts'
import { crc16 } from './crc.ts'
import { u8, u32 } from './cursor.ts'
import type { Datagram } from './datagram.ts'
import type { Fault } from './fault.ts'
import { applyCtr, ellCounter, type Key } from './security.ts'

/** CI-field → has a partner address, has a session number (EN 13757-4, extended link layer I–IV). */
const KINDS: Readonly<Record<number, { partner: boolean; session: boolean }>> = {
  140: { partner: false, session: false },
  141: { partner: false, session: true },
  142: { partner: true, session: false },
  143: { partner: true, session: true },
}

const encryptionOf = (sessionNumber: number): number => sessionNumber >>> 29
const AES_128_CTR = 1

/** The payload CRC stands low byte first in front of everything it covers, to the end of the frame. */
const payloadCrcFits = (d: Datagram, end: number): boolean =>
  d.pos + 2 <= end && crc16(d.bytes, d.pos + 2, end) === (d.bytes[d.pos]! | (d.bytes[d.pos + 1]! << 8))

const LONGEST_LEFT_OVER = 2

/** Checks the payload CRC and moves behind it. Loose hex may still end in a rest of the data link's CRC, which is cut off. */
function passPayloadCrc(d: Datagram): boolean {
  const most = d.notes.includes('dll.unprotected') ? LONGEST_LEFT_OVER : 0
  for (let rest = 0; rest <= most; rest++) {
    if (!payloadCrcFits(d, d.end - rest)) continue
    if (rest > 0 && !d.notes.includes('dll.trailing')) d.notes.push('dll.trailing')
    d.end -= rest
    d.pos += 2
    return true
  }
  return false
}

/** The extended link layer's own fields. Sets `d.sealed` where what follows is encrypted. */
export function readEll(d: Datagram): Fault | undefined {
  const ci = u8(d)
  const kind = KINDS[ci]
  if (!kind) return 'ell.unsupported'
  // One to a frame: a second one behind an opened one would be sealed again.
  if (d.ell !== null) return 'apl.ci-unsupported'
  const communicationControl = u8(d)
  const accessNumber = u8(d)
  const partner = kind.partner ? linkAddress(d) : null
  const sessionNumber = kind.session ? u32(d) : null
  if (d.short) return 'ell.truncated'
  d.ell = { ci, communicationControl, accessNumber, partner, sessionNumber }
  if (sessionNumber === null) return undefined
  if (d.pos + 2 > d.end) return 'ell.truncated'
  const encryption = encryptionOf(sessionNumber)
  if (encryption > AES_128_CTR) return 'ell.encryption'
  d.sealed = encryption === AES_128_CTR
  return d.sealed || passPayloadCrc(d) ? undefined : 'ell.crc'
}

/** Many logs were decrypted by the program that wrote them: the payload CRC then fits as it is. */
function passDecrypted(d: Datagram): boolean {
  if (!passPayloadCrc(d)) return false
  d.notes.push('ell.already-decrypted')
  d.sealed = false
  return true
}

/**
 * Of a sealed datagram: decrypts from the payload CRC to the end of the frame in place; the CRC tells a wrong key. With a key
 * it is asked last whether the bytes are plain already: one cipher text in 2^16 looks as if it were.
 */
export function openEll(d: Datagram, key: Key | null): Fault | undefined {
  const { ell, dll } = d
  if (!ell || ell.sessionNumber === null || !dll?.address) return 'ell.truncated'
  if (!key) return passDecrypted(d) ? undefined : 'ell.key-missing'
  const counter = ellCounter(dll.address, ell.communicationControl, ell.sessionNumber)
  applyCtr(key, counter, d.bytes, d.pos, d.end)
  if (!passPayloadCrc(d)) {
    // Applied twice it is undone.
    applyCtr(key, counter, d.bytes, d.pos, d.end)
    return passDecrypted(d) ? undefined : 'ell.key-wrong'
  }
  d.sealed = false
  d.encryption = 'ell-ctr'
  d.plainFrom = d.end
  return undefined
}
