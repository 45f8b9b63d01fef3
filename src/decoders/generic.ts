import type { Decoder, Field } from './decoder.ts'
import { HEAT_FIELDS } from './fields.ts'

const tariffs = (name: string, quantity: string): Field[] =>
  [1, 2, 3].map((tariff) => ({ name: `${name}Tariff${tariff}`, kind: 'register', pick: { quantity, tariff } }))

/**
 * Any meter nobody described: the standard's own quantities under their own names. An unknown OMS heat meter bills
 * correctly on its first day.
 */
export const generic = {
  name: 'generic',
  version: 1,
  meters: [],
  fields: [
    ...HEAT_FIELDS,
    { name: 'heatEnergy', kind: 'register', pick: { quantity: 'energy', modifiers: ['backward'] } },
    { name: 'coolingEnergy', kind: 'register', pick: { quantity: 'energy', modifiers: ['forward'] } },
    ...tariffs('energy', 'energy'),
    ...tariffs('volume', 'volume'),
    { name: 'heatCostAllocation', kind: 'register', pick: { quantity: 'heatCostAllocation' } },
    { name: 'mass', kind: 'register', pick: { quantity: 'mass' } },
    { name: 'externalTemperature', kind: 'momentary', pick: { quantity: 'externalTemperature' } },
    { name: 'pressure', kind: 'momentary', pick: { quantity: 'pressure' } },
    { name: 'relativeHumidity', kind: 'momentary', pick: { quantity: 'relativeHumidity' } },
  ],
} as const satisfies Decoder
