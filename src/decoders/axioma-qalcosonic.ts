import type { Decoder } from './decoder.ts'
import { COOLING_ENERGY, FORWARD_ENERGY, HEAT_FIELDS, months } from './fields.ts'

const HEAT = [0x04, 0x0a, 0x0b, 0x0c, 0x0d]
const LAST_MONTH = 16

/** Qalcosonic E3 and E4, also as Apator's and Sensus' ultrasonic meters and the Danfoss SonoSelect. */
export const axiomaQalcosonic = {
  name: 'axioma-qalcosonic',
  version: 1,
  meters: [
    { manufacturer: 'AXI', types: HEAT },
    { manufacturer: 'APT', versions: [0x0b], types: HEAT },
    { manufacturer: 'SEN', versions: [0x06], types: HEAT },
  ],
  clock: 'unknown',
  stamp: 'end',
  fields: [
    ...HEAT_FIELDS,
    FORWARD_ENERGY,
    COOLING_ENERGY,
    ...months(FORWARD_ENERGY, LAST_MONTH, 1),
    ...months(COOLING_ENERGY, LAST_MONTH, 1),
  ],
} as const satisfies Decoder
