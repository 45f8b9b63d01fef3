import type { Decoder } from './decoder.ts'
import { ENERGY, HEAT_FIELDS, target, VOLUME } from './fields.ts'

/** Supercal 739. */
export const sontexSupercal = {
  name: 'sontex-supercal',
  version: 1,
  meters: [{ manufacturer: 'SON', versions: [0x1b], types: [0x04, 0x0a, 0x0b, 0x0c, 0x0d] }],
  clock: 'unknown',
  stamp: 'unknown',
  fields: [...HEAT_FIELDS, target(ENERGY, 20), target(VOLUME, 20)],
} as const satisfies Decoder
