/** Addresses (3GPP TS 23.040 §9.1.2.5): numbers in semi-octets, or names in packed septets. */

import { type Cursor, u8 } from '../../wmbus/cursor.ts'
import { take } from './cursor.ts'
import { gsm7Text, unpackSeptets } from './gsm7.ts'

const TYPE_OF_NUMBER = 0x70
const INTERNATIONAL = 0x10
const ALPHANUMERIC = 0x50
/** Twenty semi-octets; some networks send a few more. */
const MOST_SEMI_OCTETS = 24
const DIGITS = '0123456789*#abc'

/** Semi-octets, the low one first; 1111 fills the last octet up. */
const digitsOf = (octets: Uint8Array, count: number): string => {
  let digits = ''
  for (let i = 0; i < count; i++) digits += DIGITS[(octets[i >> 1]! >> (i % 2 === 0 ? 0 : 4)) & 0x0f] ?? ''
  return digits
}

/** Whom the message came through: of no use to us, and left out by modems that know it anyway. */
export function readServiceCentre(c: Cursor): void {
  take(c, u8(c))
}

/** The sender; null where the address is longer than one can be. */
export function readAddress(c: Cursor): string | null {
  const semiOctets = u8(c)
  const type = u8(c)
  if (semiOctets > MOST_SEMI_OCTETS) return null
  const octets = take(c, Math.ceil(semiOctets / 2))
  if (c.short) return ''
  if ((type & TYPE_OF_NUMBER) === ALPHANUMERIC) return gsm7Text(unpackSeptets(octets, Math.floor((semiOctets * 4) / 7)) ?? new Uint8Array())
  return `${(type & TYPE_OF_NUMBER) === INTERNATIONAL ? '+' : ''}${digitsOf(octets, semiOctets)}`
}
