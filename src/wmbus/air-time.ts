import type { LinkMode } from './telegram.ts'

/** How long a frame is on the air: chips of preamble and sync word, chips per byte, chips per second (EN 13757-4, 5 to 10). */
interface Radio {
  readonly preamble: number
  readonly perByte: number
  readonly perSecond: number
}

const MANCHESTER = 16
const THREE_OUT_OF_SIX = 12
const NRZ = 8
const S_SHORT = { preamble: 48, perByte: MANCHESTER, perSecond: 32_768 }
const T = { preamble: 48, perByte: THREE_OUT_OF_SIX, perSecond: 100_000 }
const C = { preamble: 64, perByte: NRZ, perSecond: 100_000 }
const N = { preamble: 32, perByte: NRZ, perSecond: 4_800 }

const RADIOS: Readonly<Record<LinkMode, Radio>> = {
  s1: { ...S_SHORT, preamble: 576 },
  s1m: S_SHORT,
  s2: S_SHORT,
  t1: T,
  t2: T,
  c1: C,
  c2: C,
  r2: { preamble: 96, perByte: MANCHESTER, perSecond: 4_800 },
  n1: N,
  n2: N,
}

/** Frame format A: two bytes of CRC behind the first 10 bytes and every 16 that follow. */
const withCrcs = (length: number): number => length + 2 * (1 + Math.ceil(Math.max(0, length - 10) / 16))

/** Milliseconds; `length`: bytes from the L field on, without CRCs. */
export function airTimeMs(length: number, mode: LinkMode): number {
  const { preamble, perByte, perSecond } = RADIOS[mode]
  return (1000 * (preamble + perByte * withCrcs(length))) / perSecond
}
