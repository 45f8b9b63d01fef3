import type { Decoder } from './decoder.ts'
import { ENERGY, HEAT_FIELDS, history, VOLUME } from './fields.ts'

/** Enercal and kompakt. */
export const gwfHeat = {
  name: 'gwf-heat',
  version: 1,
  meters: [{ manufacturer: 'GWF', versions: [0x08], types: [0x04, 0x0a, 0x0b, 0x0c, 0x0d] }],
  clock: 'unknown',
  stamp: 'unknown',
  fields: [...HEAT_FIELDS, ...history(ENERGY, 32, 33), ...history(VOLUME, 32, 33)],
} as const satisfies Decoder
