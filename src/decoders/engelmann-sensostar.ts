import type { Decoder, Field, StatusWord } from './decoder.ts'
import { ENERGY, FLOW_RATE, HEAT_FIELDS, inputs, maximum, months, POWER, targets, tariffs, VOLUME } from './fields.ts'

const HEAT = [0x04, 0x0a, 0x0b, 0x0c, 0x0d]

const FLAGS: StatusWord['bits'] = [
  [0x01, 'flow temperature sensor broken'],
  [0x02, 'flow temperature sensor short-circuited'],
  [0x04, 'return temperature sensor broken'],
  [0x08, 'return temperature sensor short-circuited'],
  [0x10, 'flow sensor error'],
  [0x20, 'electronics error'],
  [0x40, 'reset'],
  [0x80, 'low battery'],
]

/** FF…FF stands where no target date or month has been. */
const NEVER = -1
const orNever = (field: Field): Field => ({ ...field, absent: [NEVER] })

/** SensoStar. Months stand in storages 2, 4, 6 …, without dates. */
export const engelmannSensostar = {
  name: 'engelmann-sensostar',
  version: 1,
  meters: [{ manufacturer: 'EFE', types: HEAT }],
  clock: 'unknown',
  stamp: 'end',
  fields: [
    ...HEAT_FIELDS,
    ...tariffs(ENERGY, [1, 2, 3]),
    ...inputs(VOLUME, [1, 2, 3]),
    maximum(POWER),
    maximum(FLOW_RATE),
    ...targets(ENERGY, VOLUME, ...tariffs(ENERGY, [1, 2, 3]), ...inputs(VOLUME, [1, 2, 3])).map(orNever),
    ...months(ENERGY, 2, 15, 2).map(orNever),
    ...months(VOLUME, 2, 15, 2).map(orNever),
  ],
  status: [{ pick: { vib: 'FD17' }, bits: FLAGS }],
} as const satisfies Decoder

/** The same in Maddalena's housing: months stand in storages 3, 5, 7 …. */
export const maddalenaMicroclima = {
  name: 'maddalena-microclima',
  version: 1,
  meters: [{ manufacturer: 'MAD', versions: [0x00], types: HEAT }],
  clock: 'unknown',
  stamp: 'end',
  fields: [...HEAT_FIELDS, ...targets(ENERGY, VOLUME).map(orNever), ...months(ENERGY, 3, 15, 2).map(orNever)],
  status: [{ pick: { vib: 'FD17' }, bits: FLAGS }],
} as const satisfies Decoder
