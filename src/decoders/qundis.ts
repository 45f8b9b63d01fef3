import type { Decoder, Field, StatusWord } from './decoder.ts'
import { ENERGY, HEAT_COST_ALLOCATION, HEAT_FIELDS, months, renamed, target, VOLUME } from './fields.ts'

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

const LAST_MONTH = 17
/** Walk-by telegrams tell the change in each of the last twelve months. */
const changes = (source: Field): Field[] => months(renamed(`${source.name}Change`, source, { modifiers: ['per month'] }), LAST_MONTH, 12)

/** Qheat, Qwater, Qcaloric, also under Siemens' name: now, at the end of the last year, at the end of the last month. */
export const qundis = {
  name: 'qundis',
  version: 1,
  meters: [{ manufacturer: 'QDS' }, { manufacturer: 'LSE' }],
  clock: 'unknown',
  stamp: 'end',
  fields: [
    ...HEAT_FIELDS,
    HEAT_COST_ALLOCATION,
    ...[ENERGY, VOLUME, HEAT_COST_ALLOCATION].flatMap((field) => [
      target(field),
      ...months(field, LAST_MONTH, 1),
      // Water meters of the older kind.
      ...months(field, 8, 1),
      ...changes(field),
    ]),
  ],
  status: [{ pick: { vib: 'FD17' }, bits: FLAGS }],
} as const satisfies Decoder
