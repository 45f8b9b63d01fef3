/** Water meters with records of their own, layouts inferred from public telegrams. */
import type { Decoder, Field } from './decoder.ts'
import { BACKWARD_VOLUME, FLOW_RATE, FLOW_TEMPERATURE, ON_TIME, OPERATING_TIME, register, stored, targets, VOLUME } from './fields.ts'

const FORWARD_VOLUME = register('forwardVolume', { quantity: 'volume', modifiers: ['forward'] })

/** Axioma Qalcosonic W1: the battery's rest is percent, where the standard has days. */
export const axiomaW1 = {
  name: 'axioma-w1',
  version: 1,
  meters: [{ manufacturer: 'AXI', types: [0x06, 0x07, 0x15, 0x16] }],
  clock: 'unknown',
  stamp: 'start',
  fields: [
    VOLUME,
    FORWARD_VOLUME,
    BACKWARD_VOLUME,
    FLOW_RATE,
    FLOW_TEMPERATURE,
    ON_TIME,
    OPERATING_TIME,
    ...targets(VOLUME, FORWARD_VOLUME, BACKWARD_VOLUME),
    { name: 'remainingBattery', kind: 'momentary', pick: { vib: 'FD74' }, unit: '%' },
  ],
} as const satisfies Decoder

const JANUARY = 8
const MONTHS = 'January February March April May June July August September October November December'.split(' ')
/** The last of each; 0 stands where there was none. */
const ofMonth = (month: string, i: number): Field => ({ ...stored(`volume${month}`, VOLUME, JANUARY + i), absent: [0] })

/** B METERS Hydrodigit. */
export const bmetersHydrodigit = {
  name: 'bmeters-hydrodigit',
  version: 1,
  meters: [{ manufacturer: 'BMT', versions: [0x13], types: [0x06, 0x07] }],
  clock: 'unknown',
  stamp: 'end',
  fields: [VOLUME, BACKWARD_VOLUME, ...MONTHS.map(ofMonth)],
} as const satisfies Decoder
