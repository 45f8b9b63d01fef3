import type { Decoder } from './decoder.ts'
import { COOLING_ENERGY, ENERGY, HEAT_FIELDS, inputs, OPERATING_ERROR_TIME, targets, VOLUME } from './fields.ts'

/** FE…FE stands where no target date has been. */
const NEVER = -0x01010102

/** CF Echo II, CF 51, CF 55, CF MaXX; before Itron the maker was Actaris, Allmess or Schlumberger. */
export const itronCf = {
  name: 'itron-cf',
  version: 1,
  meters: [
    { manufacturer: 'ITW', types: [0x04, 0x0a, 0x0b, 0x0c, 0x0d] },
    { manufacturer: 'ACW', types: [0x04, 0x0a, 0x0b, 0x0c, 0x0d] },
    { manufacturer: 'SLB', versions: [0x06], types: [0x04, 0x0a, 0x0b, 0x0c, 0x0d] },
  ],
  clock: 'unknown',
  stamp: 'end',
  fields: [
    ...HEAT_FIELDS,
    COOLING_ENERGY,
    OPERATING_ERROR_TIME,
    ...inputs(VOLUME, [1, 2]),
    ...targets(ENERGY, VOLUME).map((field) => ({ ...field, absent: [NEVER] })),
  ],
} as const satisfies Decoder
