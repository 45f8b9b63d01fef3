import type { Decoder } from './decoder.ts'
import { ENERGY, HEAT_FIELDS, months, targets, VOLUME } from './fields.ts'

/** Sensonic and its successors: now, at the end of the last year, at the end of the last month. */
export const istaHeat = {
  name: 'ista-heat',
  version: 1,
  meters: [{ manufacturer: 'IST', types: [0x04, 0x0a, 0x0b, 0x0c, 0x0d] }],
  clock: 'unknown',
  stamp: 'end',
  fields: [...HEAT_FIELDS, ...targets(ENERGY, VOLUME), ...months(ENERGY, 2, 1), ...months(VOLUME, 2, 1)],
} as const satisfies Decoder
