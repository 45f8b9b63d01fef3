/** Decimal numbers without rounding: `digits` × 10^`power`, all in BigInt. */
export interface Exact {
  readonly digits: bigint
  readonly power: number
}

/** Any number text JavaScript, JSON or the product prints. */
export function exactOf(printed: string): Exact {
  const parts = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/.exec(printed)
  if (!parts) throw new Error(`no decimal number: ${printed}`)
  const [, sign, whole, fraction = '', power = '0'] = parts
  return { digits: BigInt(`${sign}${whole}${fraction}`), power: Number(power) - fraction.length }
}

export function same(a: Exact, b: Exact): boolean {
  const finest = Math.min(a.power, b.power)
  return a.digits * 10n ** BigInt(a.power - finest) === b.digits * 10n ** BigInt(b.power - finest)
}
