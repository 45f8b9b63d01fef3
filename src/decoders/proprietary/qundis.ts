/**
 * QUNDIS walk-by block, record `0DFF5F`: one value of any medium now, at the last target date and at the last month's end, and
 * how it changed in each of twelve months. Its key is not ours to have: where the block is encrypted it stays closed.
 */
import { copy, record } from './records.ts'

/** LVAR 35, then 53 bytes. */
const LENGTH = 0x35
const MODE_AT = 5
const PLAIN = 0
const VIF_AT = 10
const NOW_AT = 13
const TARGET_DATE_AT = 17
const TARGET_AT = 19
const MONTH_DATE_AT = 23
const MONTH_AT = 25
const CHANGES_AT = 29
const MONTHS = 12

const hex = (byte: number): string => byte.toString(16).padStart(2, '0')

/** Energy, volume, heat cost allocation. */
const isCounted = (vif: number): boolean => vif < 0x18 || vif === 0x6e

/** Volumes change in the next coarser decade: the changes since the target date add up to the difference of the registers. */
const changeVif = (vif: number): number => (vif >= 0x10 && vif < 0x17 ? vif + 1 : vif)

/** Newest first, as a series "per month" that counts back from the last month's end, whose own change comes before it. */
function changes(p: Uint8Array, vif: string): number[] {
  const newestFirst = Array.from({ length: MONTHS }, (_, i) => p.subarray(CHANGES_AT + 2 * (MONTHS - 1 - i)).subarray(0, 2))
  const [last, ...earlier] = newestFirst
  const elements = earlier.flatMap((bytes) => [...bytes])
  // Spacing control 32 FE: signed values of two bytes, a month apart.
  return [...record(`C208${vif}25`, last!), ...record(`CD08${vif}A513`, [elements.length + 2, 0x32, 0xfe, ...elements])]
}

export function qundisWalkBy(p: Uint8Array): Uint8Array | null {
  if (p[0] !== LENGTH || p[MODE_AT] !== PLAIN || !isCounted(p[VIF_AT]!)) return null
  const vif = hex(p[VIF_AT]!)
  return Uint8Array.from([
    ...copy(`0C${vif}`, p, NOW_AT, 4),
    ...copy('426C', p, TARGET_DATE_AT, 2),
    ...copy(`4C${vif}`, p, TARGET_AT, 4),
    ...copy('C2086C', p, MONTH_DATE_AT, 2),
    ...copy(`CC08${vif}`, p, MONTH_AT, 4),
    ...changes(p, hex(changeVif(p[VIF_AT]!) | 0x80)),
  ])
}
