/** The configuration field and its extension, bit by bit: another layout for every security mode (EN 13757-7). */
import type { Datagram } from '../wmbus/datagram.ts'
import { isRealData } from '../wmbus/lfsr.ts'
import { DERIVATIONS } from './afl.ts'
import { type BitRow, flag, reserved } from './bits.ts'
import { counted, named } from './words.ts'

const MODES: Readonly<Record<number, string>> = {
  0: 'not encrypted',
  1: 'manufacturer’s own encryption',
  2: 'DES-CBC, initial vector 0',
  3: 'DES-CBC, initial vector by address',
  4: 'AES-128-CBC, fixed initial vector',
  5: 'AES-128-CBC',
  7: 'AES-128-CBC with a derived key',
  8: 'AES-128-CTR with CMAC',
  9: 'AES-128-GCM',
  10: 'AES-128-CCM with a derived key',
  13: 'TLS',
  15: 'manufacturer’s own encryption',
}
const FIRST_OWN_MODE = 16

export const modeWords = (mode: number): string =>
  `mode ${mode}: ${MODES[mode] ?? (mode < FIRST_OWN_MODE ? 'reserved' : 'manufacturer’s own encryption')}`

const ACCESSES = ['no access', 'access, but not now', 'access right after this', 'access at any time']
const CONTENTS = ['standard content', 'reserved content', 'static content', 'reserved content']
const MODE: BitRow = [12, 8, modeWords]
const CONTENT: BitRow = [15, 14, (value) => CONTENTS[value]!]
const OWN_COUNTER = flag(13, 'message counter in this header', 'no message counter in this header')
const BLOCKS: BitRow = [7, 4, (blocks) => `${counted(blocks, 'block')} of 16 bytes encrypted`]

const ACCESS: readonly BitRow[] = [[15, 14, (value) => ACCESSES[value]!], flag(13, 'synchronous', 'not synchronous'), MODE]
const CONTENT_AND_HOPS: readonly BitRow[] = [
  [3, 2, (value) => CONTENTS[value]!],
  flag(1, 'repeated access', 'no repeated access'),
  flag(0, 'hop: from a repeater', 'no hop'),
]
const PLAIN: readonly BitRow[] = [...ACCESS, reserved(7, 4), ...CONTENT_AND_HOPS]

const LAYOUTS: Readonly<Record<number, readonly BitRow[]>> = {
  0: PLAIN,
  5: [...ACCESS, BLOCKS, ...CONTENT_AND_HOPS],
  7: [CONTENT, OWN_COUNTER, MODE, BLOCKS, [3, 0, (index) => `content index ${index}`]],
  10: [
    CONTENT,
    OWN_COUNTER,
    MODE,
    [7, 0, (length) => (length === 0xff ? 'all that follows is encrypted' : `${counted(length, 'byte')} encrypted`)],
  ],
  13: [CONTENT, reserved(13, 13), MODE, [7, 0, (length) => `length ${length}`]],
}

const REAL_DATA: readonly BitRow[] = [
  [15, 13, () => 'check sum of the plain bytes'],
  flag(12, 'manufacturer’s own mode'),
  [11, 8, () => 'check sum of the plain bytes'],
]

/** The bits of the configuration field as this datagram's mode lays them out. */
export function configurationRows(d: Datagram, mode: number): readonly BitRow[] {
  if (isRealData(d)) return REAL_DATA
  return LAYOUTS[mode] ?? [MODE]
}

const KEY: readonly BitRow[] = [flag(6, 'key version follows', 'no key version'), [5, 4, named(DERIVATIONS)], [3, 0, (id) => `key ${id}`]]

/** Security mode → bytes and bits of the configuration field's extension. */
export const EXTENSIONS: Readonly<Record<number, { readonly size: number; readonly bits: readonly BitRow[] }>> = {
  7: { size: 1, bits: [reserved(7, 7), ...KEY] },
  10: {
    size: 2,
    bits: [reserved(15, 12), [11, 8, (code) => (code === 1 ? 'tag of 8 bytes' : `tag code ${code}`)], reserved(7, 7), ...KEY],
  },
}
