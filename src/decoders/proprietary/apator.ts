/** Apator (layouts inferred from public telegrams). */
import { copy, number, unsigned } from './records.ts'

const FIRST_AT = 7
const FILLER = 0xff
const VOLUME = 0x10

/** Bytes behind a register's number. */
const SIZES: ReadonlyMap<number, number> = new Map([
  [VOLUME, 4],
  [0x41, 2],
  [0x42, 4],
  [0x43, 2],
  [0x44, 3],
  [0xa0, 4],
])

/** 71–7F hold a byte and as many values of four bytes as the low digit says, and one more. */
function sizeOf(register: number): number | undefined {
  if (register > 0x70 && register < 0x80) return 1 + 4 * ((register & 0x0f) + 1)
  return register >= 0x80 && register < 0x90 ? 10 : SIZES.get(register)
}

/** 162, behind DIF 0F: a list of registers, each a number and its data. Null where the list cannot be read up to the volume. */
export function apator162(p: Uint8Array): Uint8Array | null {
  for (let at = FIRST_AT; at < p.length && p[at] !== FILLER; ) {
    const size = sizeOf(p[at]!)
    if (size === undefined || at + 1 + size > p.length) return null
    if (p[at] === VOLUME) return Uint8Array.from(copy('0413', p, at + 1, size))
    at += 1 + size
  }
  return null
}

const EITN_MARK = 0x0a
const EITN_LENGTH = 27
/** 1/256 °C is 390625 × 10^-8 °C. */
const PER_256 = 390_625

/** E.ITN (CI B6): units at the target date; the room's mean temperature last month and this month, in 1/256 °C. */
export function apatorEitn(p: Uint8Array): Uint8Array | null {
  if (p[0] !== EITN_MARK || p.length < EITN_LENGTH) return null
  const mean = (header: string, at: number): number[] => number(header, unsigned(p, at, 2) * PER_256, 6)
  return Uint8Array.from([...copy('426E', p, 15, 2), ...mean('46E59270', 23), ...mean('06E59270', 25)])
}
