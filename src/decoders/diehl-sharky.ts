import type { Decoder, Field } from './decoder.ts'
import { COOLING_TARIFF, ENERGY, FLOW_RATE, HEAT_FIELDS, inputs, maximum, POWER, target, targets, tariffs, VOLUME } from './fields.ts'

/** Some send the last target date in storage 1, others in storage 5. */
const targetOf = (source: Field): Field[] => [target(source, 1), target(source, 5)]

const COMMON: readonly Field[] = [
  ...HEAT_FIELDS,
  ...tariffs(VOLUME, [2]),
  ...inputs(VOLUME, [1, 2]),
  ...[ENERGY, VOLUME, maximum(FLOW_RATE), maximum(POWER)].flatMap(targetOf),
  // VIFE 18 would be "data error" by the standard.
  { name: 'errorTime', kind: 'register', pick: { vib: 'A618' }, unit: 'h' },
]

/** SHARKY 775 and its relatives: ABB F95, Elster F96, Danfoss with the same electronics. */
export const diehlSharky775 = {
  name: 'diehl-sharky-775',
  version: 1,
  meters: [
    { manufacturer: 'HYD', versions: [0x20, 0x28], types: [0x04, 0x0a, 0x0b, 0x0c, 0x0d] },
    { manufacturer: 'DME', versions: [0x40], types: [0x04, 0x0a, 0x0b, 0x0c, 0x0d] },
    { manufacturer: 'DFS', versions: [0x2f], types: [0x04, 0x0a, 0x0b, 0x0c, 0x0d] },
    { manufacturer: 'ELS', versions: [0x2f], types: [0x04, 0x0a, 0x0b, 0x0c, 0x0d] },
  ],
  clock: 'unknown',
  stamp: 'end',
  fields: [...COMMON, ...tariffs(ENERGY, [1]), ...targets(...tariffs(ENERGY, [1]), ...tariffs(VOLUME, [2]))],
} as const satisfies Decoder

/** SHARKY 774: tariff 1 is cooling. */
export const diehlSharky774 = {
  name: 'diehl-sharky-774',
  version: 1,
  meters: [{ manufacturer: 'DME', versions: [0x41], types: [0x04, 0x0a, 0x0b, 0x0c, 0x0d] }],
  clock: 'unknown',
  stamp: 'end',
  fields: [...COMMON, COOLING_TARIFF, target(COOLING_TARIFF)],
} as const satisfies Decoder
