import type { Decoder } from './decoder.ts'
import { ENERGY, ERROR_TIME, FLOW_RATE, FLOW_TEMPERATURE, HEAT_FIELDS, maximum, RETURN_TEMPERATURE, targets, VOLUME } from './fields.ts'

const MAXIMA = [FLOW_RATE, FLOW_TEMPERATURE, RETURN_TEMPERATURE].map((field) => maximum(field))

/** PolluCom F. */
export const sensusPollucom = {
  name: 'sensus-pollucom',
  version: 1,
  meters: [{ manufacturer: 'SEN', versions: [0x1d], types: [0x04, 0x0a, 0x0b, 0x0c, 0x0d] }],
  clock: 'unknown',
  stamp: 'end',
  fields: [...HEAT_FIELDS, ERROR_TIME, ...targets(ENERGY, VOLUME, ...MAXIMA)],
} as const satisfies Decoder
