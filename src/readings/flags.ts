/** What may be wrong with a reading. A closed list: flags inform, and never change or hide a value. */

/** Flags of one register, `energy.decreased`: what they mean, and whether they cast doubt on the value. */
export const REGISTER_FLAGS = {
  decreased: { doubt: true, means: 'less than the day before' },
  'rolled-over': { doubt: false, means: 'the register passed its end and began anew' },
  spike: { doubt: true, means: 'more than any meter of its kind can count in that time' },
  stuck: { doubt: true, means: 'does not move while warm water flows' },
  implausible: { doubt: true, means: 'does not fit volume and temperatures' },
  off: { doubt: true, means: 'the hours counter and the time that passed differ' },
  unit: { doubt: true, means: 'another unit or other decimals than the day before' },
} as const

/** Flags of the reading as a whole. */
export const READING_FLAGS = {
  'clock.off': { doubt: false, means: "the meter's own clock is wrong" },
  conditions: { doubt: false, means: 'the meter reports conditions, see status' },
  'gap.before': { doubt: false, means: 'there is no reading of the day before; gapDays says of how many' },
} as const

export type RegisterFlag = keyof typeof REGISTER_FLAGS
export type ReadingFlag = keyof typeof READING_FLAGS
export type Flag = ReadingFlag | `${string}.${RegisterFlag}`

/** Whether the flag casts doubt on what would be billed. */
export function isDoubt(flag: Flag): boolean {
  if (flag in READING_FLAGS) return READING_FLAGS[flag as ReadingFlag].doubt
  return REGISTER_FLAGS[flag.slice(flag.lastIndexOf('.') + 1) as RegisterFlag].doubt
}
