/** Zenner, behind DIF 0F (layout inferred from public telegrams). */
import { number, unsigned } from './records.ts'

const LENGTH = 13
const TARGET_AT = 4
const NOW_AT = 8
/** 1/256 l is 390625 × 10^-11 m3: VIF 11 with VIFE 70. */
const PER_256 = 390_625

/** Water meter, type 0B: volume at the target date and now, in 1/256 l. */
export function zennerWater(p: Uint8Array): Uint8Array | null {
  if (p.length < LENGTH) return null
  const volume = (header: string, at: number): number[] => number(header, unsigned(p, at, 4) * PER_256, 6)
  return Uint8Array.from([...volume('069170', NOW_AT), ...volume('469170', TARGET_AT)])
}
