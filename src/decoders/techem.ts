import type { Decoder, Field } from './decoder.ts'
import { ENERGY, EXTERNAL_TEMPERATURE, FLOW_TEMPERATURE, HEAT_COST_ALLOCATION, stored, target, VOLUME } from './fields.ts'

/** What was counted since the target date; `proprietary/techem.ts` writes it so. */
const since = (name: string, unit: string, exponent = 0): Field => ({ name, kind: 'momentary', pick: { vib: 'FF01' }, unit, exponent })

/** Compact V (CI A1, A2). */
export const techemCompactV = {
  name: 'techem-compact-v',
  version: 1,
  meters: [{ manufacturer: 'TCH', types: [0x43] }],
  clock: 'unknown',
  stamp: 'end',
  fields: [ENERGY, target(ENERGY), since('energySinceTarget', 'kWh')],
} as const satisfies Decoder

/** Vario 4.5.1 of the first kind (CI A2). */
export const techemVario451 = {
  name: 'techem-vario-451',
  version: 1,
  meters: [{ manufacturer: 'TCH', versions: [0x27], types: [0xc3] }],
  clock: 'unknown',
  stamp: 'end',
  fields: [ENERGY, target(ENERGY), since('energySinceTarget', 'MJ')],
} as const satisfies Decoder

/**
 * Vario 4.5.1 and 4.1.1 with OMS telegrams. The months of its compact profile are no field: the meter sends 0 for those that
 * are still to come.
 */
export const techemVario = {
  name: 'techem-vario',
  version: 1,
  meters: [{ manufacturer: 'TCH', versions: [0x17, 0x28], types: [0x04, 0x0a, 0x0b, 0x0c, 0x0d] }],
  clock: 'unknown',
  stamp: 'end',
  fields: [ENERGY, target(ENERGY, 8), stored('previousTargetEnergy', ENERGY, 1)],
} as const satisfies Decoder

/** Heat cost allocators (CI A0–A2). */
export const techemHca = {
  name: 'techem-hca',
  version: 1,
  meters: [{ manufacturer: 'TCH', types: [0x80] }],
  clock: 'unknown',
  stamp: 'end',
  fields: [
    HEAT_COST_ALLOCATION,
    target(HEAT_COST_ALLOCATION),
    { ...EXTERNAL_TEMPERATURE, name: 'roomTemperature' },
    { ...FLOW_TEMPERATURE, name: 'radiatorTemperature' },
  ],
} as const satisfies Decoder

/** Water meters (CI A0–A2). */
export const techemWater = {
  name: 'techem-water',
  version: 1,
  meters: [{ manufacturer: 'TCH', types: [0x62, 0x72] }],
  clock: 'unknown',
  stamp: 'end',
  fields: [VOLUME, target(VOLUME), since('volumeSinceTarget', 'm3', -1)],
} as const satisfies Decoder
