import type { Decoder } from './decoder.ts'
import { COOLING_TARIFF, HEAT_FIELDS, inputs, renamed, VOLUME } from './fields.ts'

/** Hydrocal M3 and M4: tariff 1 is cooling, energy and volume. */
export const bmetersHydrocal = {
  name: 'bmeters-hydrocal',
  version: 1,
  meters: [{ manufacturer: 'BMT', types: [0x04, 0x0a, 0x0b, 0x0c, 0x0d] }],
  clock: 'unknown',
  stamp: 'unknown',
  fields: [...HEAT_FIELDS, COOLING_TARIFF, renamed('coolingVolume', VOLUME, { tariff: 1 }), ...inputs(VOLUME, [1, 2])],
} as const satisfies Decoder
