import type { Decoder, Field } from './decoder.ts'
import {
  COOLING_ENERGY,
  ENERGY,
  ERROR_TIME,
  FLOW_RATE,
  FLOW_TEMPERATURE,
  inputs,
  maximum,
  ON_TIME,
  OPERATING_TIME,
  POWER,
  RETURN_TEMPERATURE,
  TEMPERATURE_DIFFERENCE,
  targets,
  tariffs,
  VOLUME,
} from './fields.ts'

/** E8 and E9: integrals of volume and temperature, in m3·°C = raw × 10^(2 + exponent of V1), MULTICAL 403 description §7.1.2. */
const INTEGRAL = { kind: 'register', unit: 'm3·°C', exponent: 2, scaledBy: 'volume' } as const
const E8 = { name: 'volumeFlowTemperature', label: 'E8', ...INTEGRAL } as const
const E9 = { name: 'volumeReturnTemperature', label: 'E9', ...INTEGRAL } as const

/** Scaled by the volume of the same target date. */
const stored = (name: string, integral: Field): Field => ({
  ...integral,
  name,
  kind: 'historic',
  of: integral.name,
  scaledBy: 'targetVolume',
})

/** Info codes of MULTICAL 403, 603, 803 (32 bits); MULTICAL 303 sends the low 16. */
const INFO_32: readonly (readonly [number, string])[] = [
  [0x1, 'supply voltage off'],
  [0x2, 'low battery'],
  [0x4, 'external alarm'],
  [0x8, 'flow temperature above range or sensor disconnected'],
  [0x10, 'return temperature above range or sensor disconnected'],
  [0x20, 'flow temperature below range or sensor short-circuited'],
  [0x40, 'return temperature below range or sensor short-circuited'],
  [0x80, 'temperature difference has the wrong sign'],
  [0x100, 'air in flow sensor V1 or weak flow signal'],
  [0x200, 'wrong flow direction V1'],
  [0x800, 'flow above qs V1'],
  [0x1000, 'leak at input A1'],
  [0x2000, 'leak at input B1'],
  [0x4000, 'external alarm at input A1'],
  [0x8000, 'external alarm at input B1'],
  [0x1_0000, 'no communication with flow sensor V1'],
  [0x2_0000, 'wrong pulse figure V1'],
  [0x4_0000, 'leak at input A2'],
  [0x8_0000, 'leak at input B2'],
  [0x10_0000, 't3 above range or sensor disconnected'],
  [0x20_0000, 't3 below range or sensor short-circuited'],
  [0x40_0000, 'no communication with flow sensor V2'],
  [0x80_0000, 'wrong pulse figure V2'],
  [0x100_0000, 'air in flow sensor V2 or weak flow signal'],
  [0x200_0000, 'wrong flow direction V2'],
  [0x800_0000, 'flow above qs V2'],
  [0x1000_0000, 'burst, water loss'],
  [0x2000_0000, 'burst, water penetration'],
  [0x4000_0000, 'leak, water loss'],
  [0x8000_0000, 'leak, water penetration'],
]

/** Info codes of MULTICAL 402, 602, 801 (16 bits): another order. */
const INFO_16: readonly (readonly [number, string])[] = [
  [0x1, 'supply voltage interrupted'],
  [0x4, 'return temperature out of range'],
  [0x8, 'flow temperature out of range'],
  [0x10, 'no communication with flow sensor V1'],
  [0x20, 't3 out of range'],
  [0x40, 'leak in cold water system'],
  [0x80, 'wrong pulse figure V2'],
  [0x100, 'leak in heating system'],
  [0x200, 'burst in heating system'],
  [0x400, 'no communication with flow sensor V2'],
  [0x800, 'wrong pulse figure V1'],
  [0x1000, 'air in flow sensor V1'],
  [0x2000, 'air in flow sensor V2'],
  [0x4000, 'wrong flow direction V1'],
  [0x8000, 'wrong flow direction V2'],
]

/** MULTICAL 302, 303, 402, 403, 602, 603, 801, 803. They log at midnight standard time, in summer at 01:00. */
export const kamstrupHeat = {
  name: 'kamstrup-heat',
  version: 1,
  meters: [{ manufacturer: 'KAM', types: [0x04, 0x0a, 0x0b, 0x0c, 0x0d] }],
  clock: 'standard',
  // 402, 602 and 302 send the last day of a month, 403, 603, 303 and 803 the first.
  stamp: 'unknown',
  stamps: [
    { stamp: 'end', versions: [0x19, 0x1c, 0x30] },
    { stamp: 'start', versions: [0x34, 0x35, 0x39, 0x40] },
  ],
  fields: [
    ENERGY,
    VOLUME,
    { ...E8, pick: { vib: 'FF07' } },
    { ...E9, pick: { vib: 'FF08' } },
    // MULTICAL 602 of 2009 sends the same registers behind VIF 6E.
    { ...E8, pick: { vib: 'EEFF07' } },
    { ...E9, pick: { vib: 'EEFF08' } },
    COOLING_ENERGY,
    ...tariffs(ENERGY, [1, 2]),
    ...inputs(VOLUME, [1, 2]),
    OPERATING_TIME,
    ON_TIME,
    ERROR_TIME,
    POWER,
    FLOW_RATE,
    FLOW_TEMPERATURE,
    RETURN_TEMPERATURE,
    TEMPERATURE_DIFFERENCE,
    maximum(POWER),
    maximum(FLOW_RATE),
    ...targets(ENERGY, COOLING_ENERGY, VOLUME, ...inputs(VOLUME, [1, 2]), maximum(POWER), maximum(FLOW_RATE)),
    stored('targetVolumeFlowTemperature', { ...E8, pick: { vib: 'FF07', storage: 1 } }),
    stored('targetVolumeReturnTemperature', { ...E9, pick: { vib: 'FF08', storage: 1 } }),
    { name: 'configurationNumber', kind: 'momentary', pick: { vib: 'F9FF15' }, unit: '' },
  ],
  status: [
    { pick: { vib: 'FF22' }, bits: INFO_32 },
    { pick: { vib: 'FD17' }, bits: INFO_16 },
    { pick: { vib: 'FF21' }, bits: [] },
  ],
} as const satisfies Decoder
