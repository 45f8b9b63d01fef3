/** A group of a field's bits, and what it says. */
export interface Bits {
  /** The group among the field's other bits, high bit first: `..1. ....`. */
  readonly bits: string
  readonly means: string
}

/** Bits `high` to `low` of a field, and what their number means; an empty text leaves them out. */
export type BitRow = readonly [high: number, low: number, means: (value: number) => string]

/** One bit that says something set and something else, or nothing, clear. */
export const flag = (bit: number, set: string, clear = ''): BitRow => [bit, bit, (value) => (value === 1 ? set : clear)]

/** Bits that should be zero. */
export const reserved = (high: number, low: number): BitRow => [high, low, (value) => (value === 0 ? '' : 'reserved')]

// No shifts: session numbers have 32 bits.
const partOf = (value: number, high: number, low: number): number => Math.floor(value / 2 ** low) % 2 ** (high - low + 1)

function pattern(value: number, width: number, high: number, low: number): string {
  let text = ''
  for (let bit = width - 1; bit >= 0; bit--) {
    text += bit > high || bit < low ? '.' : partOf(value, bit, bit)
    if (bit % 4 === 0 && bit > 0) text += ' '
  }
  return text
}

/** The groups of `value` that say something. */
export const bitsOf = (value: number, width: number, rows: readonly BitRow[]): Bits[] =>
  rows
    .map(([high, low, means]) => ({ bits: pattern(value, width, high, low), means: means(partOf(value, high, low)) }))
    .filter(({ means }) => means !== '')

/** What the set bits of `value` mean, or `none`. */
export function setBits(value: number, rows: readonly BitRow[], none: string): string {
  const set = rows.filter(([high, low]) => partOf(value, high, low) > 0).map(([high, low, means]) => means(partOf(value, high, low)))
  return set.filter((text) => text !== '').join(', ') || none
}
