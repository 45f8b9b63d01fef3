/** Exact arithmetic on the decimal strings of registers. */
import { decimal } from '../wmbus/decimal.ts'

/** `raw` / 10^`places`. */
export interface Exact {
  readonly raw: bigint
  readonly places: number
}

const DECIMAL = /^-?\d+(?:\.(\d+))?$/

/** Null for what is no decimal string. */
export function exact(text: string): Exact | null {
  const found = DECIMAL.exec(text)
  return found && { raw: BigInt(text.replace('.', '')), places: found[1]?.length ?? 0 }
}

/** The same value with at least so many places. */
const scaled = ({ raw, places }: Exact, to: number): bigint => raw * 10n ** BigInt(to - places)

export function minus(a: Exact, b: Exact): Exact {
  const places = Math.max(a.places, b.places)
  return { raw: scaled(a, places) - scaled(b, places), places }
}

export const times = (a: Exact, b: Exact): Exact => ({ raw: a.raw * b.raw, places: a.places + b.places })

export const isLess = (a: Exact, b: Exact): boolean => minus(a, b).raw < 0n

/** a / b to so many decimals, half away from zero. `b` is not 0. */
export function quotient(a: Exact, b: Exact, decimals: number): string {
  const shift = 10n ** BigInt(decimals + b.places)
  const [over, under] = [a.raw * shift, b.raw * 10n ** BigInt(a.places)]
  const negative = over < 0n !== under < 0n
  const [n, d] = [over < 0n ? -over : over, under < 0n ? -under : under]
  const rounded = (2n * n + d) / (2n * d)
  return decimal(negative ? -rounded : rounded, -decimals)
}

export const exactText = ({ raw, places }: Exact): string => decimal(raw, -places)

export const numberOf = (value: Exact): number => Number(exactText(value))
