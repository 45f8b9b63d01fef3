import type { Decoder, Field } from './decoder.ts'
import {
  ENERGY,
  ERROR_TIME,
  FLOW_RATE,
  FLOW_TEMPERATURE,
  HEAT_FIELDS,
  history,
  maximum,
  months,
  OPERATING_TIME,
  POWER,
  RETURN_TEMPERATURE,
  target,
  targets,
  tariffs,
  VOLUME,
} from './fields.ts'

/** Maxima stand in tariff 1: means over the averaging duration of the same tariff. */
const MAXIMA: readonly Field[] = [POWER, FLOW_RATE, FLOW_TEMPERATURE, RETURN_TEMPERATURE].map((field) => maximum(field, { tariff: 1 }))

const COMMON: readonly Field[] = [
  ...HEAT_FIELDS,
  ERROR_TIME,
  ...tariffs(ENERGY, [2, 3, 4, 5]),
  ...MAXIMA,
  ...targets(ENERGY, VOLUME, ERROR_TIME, ...tariffs(ENERGY, [2, 3, 4, 5]), ...MAXIMA),
]

/** ULTRAHEAT UH50, T550 and 2WR; Metrona sells them, too. Storage 2 has no date. */
export const landisgyrUltraheat = {
  name: 'landisgyr-ultraheat',
  version: 1,
  meters: [{ manufacturer: 'LUG', versions: [0x02, 0x04] }],
  clock: 'unknown',
  stamp: 'unknown',
  fields: [...COMMON, ...[ENERGY, VOLUME, ...MAXIMA].flatMap((field) => history(field, 2, 2))],
} as const satisfies Decoder

/** T230 and T330, also as Qundis Qheat 5.5: the last month ends in storage 2, the ones before follow. */
export const landisgyrT330 = {
  name: 'landisgyr-t330',
  version: 1,
  meters: [{ manufacturer: 'LUG', versions: [0x07, 0x0a] }],
  clock: 'unknown',
  stamp: 'end',
  fields: [...COMMON, target(OPERATING_TIME), ...months(ENERGY, 2, 15), ...months(VOLUME, 2, 15)],
} as const satisfies Decoder
