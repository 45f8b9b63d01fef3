/** Heat cost allocators with payloads of their own, layouts inferred from public telegrams. */
import type { Decoder, Field } from './decoder.ts'
import { EXTERNAL_TEMPERATURE, FLOW_TEMPERATURE, HEAT_COST_ALLOCATION, history, maximum, renamed, stored, target } from './fields.ts'

const AVERAGE = { modifiers: ['average'] }
const ROOM: Field = { ...EXTERNAL_TEMPERATURE, name: 'roomTemperature' }
const MEAN_ROOM = renamed('averageRoomTemperature', EXTERNAL_TEMPERATURE, AVERAGE)
const MEAN_RADIATOR = renamed('averageRadiatorTemperature', FLOW_TEMPERATURE, AVERAGE)

/** Of the month before. */
const previous = (field: Field): Field => stored(`${field.name}Month1`, field, 1)

/** Apator E.ITN. */
export const apatorEitn = {
  name: 'apator-eitn',
  version: 1,
  meters: [{ manufacturer: 'APT', versions: [0x04], types: [0x08] }],
  clock: 'unknown',
  stamp: 'end',
  fields: [target(HEAT_COST_ALLOCATION), MEAN_ROOM, previous(MEAN_ROOM)],
} as const satisfies Decoder

/** B METERS Hydroclima. */
export const bmetersHydroclima = {
  name: 'bmeters-hydroclima',
  version: 1,
  meters: [{ manufacturer: 'BMP', types: [0x08] }],
  clock: 'unknown',
  stamp: 'end',
  fields: [
    HEAT_COST_ALLOCATION,
    target(HEAT_COST_ALLOCATION),
    ...history(HEAT_COST_ALLOCATION, 2, 4),
    { name: 'totalHeatCostAllocation', kind: 'register', pick: { vib: 'FF01' }, unit: 'HCA' },
    maximum(ROOM),
    MEAN_ROOM,
    MEAN_RADIATOR,
    previous(MEAN_ROOM),
    previous(MEAN_RADIATOR),
  ],
} as const satisfies Decoder
