/** Digits, fraction and power of ten, as JavaScript prints a number of any size. */
const PRINTED = /^(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/

/**
 * `raw` × 10^`exponent` as a decimal string with the register's own resolution: only the point moves, no arithmetic
 * can round. `(223249, -2)` is `2232.49`, `(80, -3)` is `0.080`, `(5, 3)` is `5000`. A raw that is itself a fraction
 * (EN 13757-3 type H) keeps the digits JavaScript prints. Throws RangeError for NaN and infinities: they are no values.
 */
export function decimal(raw: number | bigint, exponent: number): string {
  const printed = PRINTED.exec(String(raw < 0 ? -raw : raw))
  if (printed === null) throw new RangeError(`not a value: ${raw}`)
  const [, whole = '', fraction = '', power = '0'] = printed
  const places = fraction.length - Number(power) - exponent
  const digits = places > 0 ? (whole + fraction).padStart(places + 1, '0') : whole + fraction + '0'.repeat(-places)
  const point = digits.length - Math.max(places, 0)
  const integer = digits.slice(0, point).replace(/^0+(?=\d)/, '')
  return (raw < 0 ? '-' : '') + integer + (places > 0 ? `.${digits.slice(point)}` : '')
}
