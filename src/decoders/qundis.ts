import type { Decoder, Field, StatusWord } from './decoder.ts'
import { ENERGY, FLOW_TEMPERATURE, HEAT_COST_ALLOCATION, HEAT_FIELDS, months, renamed, target, VOLUME } from './fields.ts'

/** From a single source. */
const FLAGS: StatusWord['bits'] = [
  [0x1, 'no flow'],
  [0x2, 'flow temperature sensor open'],
  [0x4, 'return temperature sensor open'],
  [0x8, 'electronics error (temperature)'],
  [0x10, 'low battery'],
  [0x20, 'flow temperature sensor short-circuited'],
  [0x40, 'return temperature sensor short-circuited'],
  [0x80, 'memory error'],
  [0x100, 'sabotage'],
  [0x200, 'electronics error'],
]

const HEAT = [0x04, 0x0a, 0x0b, 0x0c, 0x0d]
const WATER_AND_ALLOCATORS = [0x06, 0x07, 0x08, 0x15, 0x16]
/** In walk-by telegrams some call themselves a radio converter. */
const RADIO = [0x37]

const LAST_MONTH = 17
/** Of the older water meters. */
const OLDER_LAST_MONTH = 8
/** Walk-by telegrams tell the change in each of the last twelve months. */
const changes = (source: Field): Field[] => months(renamed(`${source.name}Change`, source, { modifiers: ['per month'] }), LAST_MONTH, 12)

/** Now, at the end of the last year, at the end of the last month. */
const told = (source: Field): Field[] => [
  source,
  target(source),
  ...months(source, LAST_MONTH, 1),
  ...months(source, OLDER_LAST_MONTH, 1),
  ...changes(source),
]

/** Qheat, also under Siemens' name. */
export const qundisQheat = {
  name: 'qundis-qheat',
  version: 1,
  meters: [
    { manufacturer: 'QDS', types: HEAT },
    { manufacturer: 'QDS', versions: [0x23, 0x3c, 0x3e, 0x46, 0x47, 0x48], types: RADIO },
    { manufacturer: 'LSE', types: HEAT },
  ],
  clock: 'unknown',
  stamp: 'end',
  fields: [...HEAT_FIELDS.filter((field) => field !== ENERGY), ...told(ENERGY)],
  status: [{ pick: { vib: 'FD17' }, bits: FLAGS }],
} as const satisfies Decoder

/** Qwater and Qcaloric, also under Siemens' name. */
export const qundisQwater = {
  name: 'qundis-qwater',
  version: 1,
  meters: [
    { manufacturer: 'QDS', types: WATER_AND_ALLOCATORS },
    { manufacturer: 'QDS', versions: [0x35], types: RADIO },
    { manufacturer: 'LSE', types: WATER_AND_ALLOCATORS },
  ],
  clock: 'unknown',
  stamp: 'end',
  fields: [...told(VOLUME), ...told(HEAT_COST_ALLOCATION), FLOW_TEMPERATURE],
} as const satisfies Decoder
