/**
 * Diehl "real data": a linear feedback shift register in place of a cipher, in radio frames of some Diehl brands whose
 * configuration field names a security mode of the manufacturer's own (16 and above). No protection: the meters share two
 * keys that have been public for years.
 */
import { manufacturerCode } from './address.ts'
import { ciOf } from './ci.ts'
import type { Datagram } from './datagram.ts'
import type { Fault } from './fault.ts'

const MANUFACTURERS = new Set(['DFS', 'DME', 'EWT', 'HYD', 'SAP', 'SPL'].map(manufacturerCode))
const SEND_NO_REPLY = 0x44
const SEND_INSTALLATION_REQUEST = 0x46
const FIRST_OWN_MODE = 16

/** Whether this is such a frame: to be asked once the transport header is read. */
export function isRealData(d: Datagram): boolean {
  const { dll, tpl } = d
  if (!dll?.address || !tpl || tpl.securityMode < FIRST_OWN_MODE || ciOf(tpl.ci).header !== 'short') return false
  const control = dll.control & 0x7f
  return (control === SEND_NO_REPLY || control === SEND_INSTALLATION_REQUEST) && MANUFACTURERS.has(dll.address.manufacturer & 0x7fff)
}

/** The default keys, 39BC8A10E66D83F8 and 51728910E66D83F8, as the exclusive or of their two halves (wmbusmeters, issue 1253). */
const KEYS = [0x39bc8a10 ^ 0xe66d83f8, 0x51728910 ^ 0xe66d83f8]

/** The bits of the plain bytes' sum that the high byte of the configuration field repeats; bit 4 says "mode of our own". */
const SUM_BITS = 0xef

const bigEndian = (bytes: Uint8Array, i: number): number => (bytes[i]! << 24) | (bytes[i + 1]! << 16) | (bytes[i + 2]! << 8) | bytes[i + 3]!

/** One byte further: eight steps of the register with taps 1, 2, 11 and 31. */
function step(register: number): number {
  let k = register
  for (let i = 0; i < 8; i++) k = (k << 1) | (((k >> 1) ^ (k >> 2) ^ (k >> 11) ^ (k >> 31)) & 1)
  return k
}

/** The bytes from `from` under one key. */
function opened(bytes: Uint8Array, from: number, end: number, key: number): Uint8Array {
  let register = key ^ bigEndian(bytes, 2) ^ bigEndian(bytes, 6) ^ bigEndian(bytes, from - 5)
  const plain = new Uint8Array(end - from)
  for (let i = 0; i < plain.length; i++) {
    register = step(register)
    plain[i] = bytes[from + i]! ^ (register & 0xff)
  }
  return plain
}

/** Opens what follows the transport header in place with whichever default key fits the check sum. */
export function openRealData(d: Datagram): Fault | undefined {
  for (const key of KEYS) {
    const plain = opened(d.bytes, d.pos, d.end, key)
    const sum = plain.reduce((total, byte) => total + byte, 0)
    if (((sum ^ d.bytes[d.pos - 1]!) & SUM_BITS) !== 0) continue
    d.bytes.set(plain, d.pos)
    d.encryption = 'lfsr'
    return undefined
  }
  return 'tpl.key-wrong'
}

const PRIOS_HEADER = 4

/**
 * PRIOS (CI A0–A7): four bytes in the clear, then the same register. There is no check sum: the bytes under each default key
 * are returned, and whoever knows what they must hold tells which is right.
 */
export const openedPrios = ({ bytes, manufacturerFrom, end }: Datagram): Uint8Array[] =>
  manufacturerFrom + PRIOS_HEADER > end ? [] : KEYS.map((key) => opened(bytes, manufacturerFrom + PRIOS_HEADER, end, key))
