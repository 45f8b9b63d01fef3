import type { Decoder, StatusWord } from './decoder.ts'
import { COOLING_TARIFF, ENERGY, FLOW_RATE, HEAT_FIELDS, maximum, months, POWER, renamed, target } from './fields.ts'

/** The state is the number of a list. 10, measuring, is none that anybody must know of. */
const STATES: StatusWord['states'] = [
  [1, 'temperature below range'],
  [2, 'temperature above range'],
  [3, 'return temperature sensor short-circuited'],
  [4, 'return temperature sensor broken'],
  [5, 'flow temperature sensor short-circuited'],
  [6, 'flow temperature sensor broken'],
  [7, 'low battery'],
  [8, 'hardware error 8'],
  [9, 'hardware error 9'],
  [100, 'hardware error 100'],
  [20, 'flow sensor runs dry'],
  [30, 'wrong flow direction'],
  [40, 'air in flow sensor'],
  [50, 'overload'],
  [800, 'radio error'],
  [1000, 'end of battery life'],
  [2000, 'verification expired'],
]

const MONTHS = 14
const FIRST_MONTH = 32
/** The highest power of a month stands where that month's end stands. */
const MONTHLY_POWER = renamed('maximumPower', POWER, { modifiers: ['per month'], function: 'maximum' })

/** Zelsius C5-ISF, and the Minol Minocal C2. */
export const zennerC5 = {
  name: 'zenner-c5',
  version: 1,
  meters: [
    { manufacturer: 'ZRI', versions: [0x88], types: [0x04, 0x0a, 0x0b, 0x0c, 0x0d] },
    { manufacturer: 'ZRM', versions: [0x81], types: [0x04, 0x0a, 0x0b, 0x0c, 0x0d] },
  ],
  clock: 'unknown',
  stamp: 'start',
  fields: [
    ...HEAT_FIELDS,
    COOLING_TARIFF,
    target(ENERGY, 8),
    target(COOLING_TARIFF, 8),
    maximum(FLOW_RATE, { storage: 1 }),
    maximum(POWER, { storage: 2 }),
    ...months(ENERGY, FIRST_MONTH, MONTHS),
    ...months(COOLING_TARIFF, FIRST_MONTH, MONTHS),
    ...months(MONTHLY_POWER, FIRST_MONTH, MONTHS),
  ],
  status: [{ pick: { vib: 'FD17' }, bits: [], states: STATES }],
} as const satisfies Decoder
