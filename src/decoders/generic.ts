/**
 * Meters nobody described: the standard's own quantities under their own names. An unknown OMS heat meter bills correctly on
 * its first day.
 */
import type { Decoder, Field } from './decoder.ts'
import {
  BACKWARD_VOLUME,
  COOLING_ENERGY,
  CURRENT,
  ENERGY,
  ERROR_TIME,
  EXTERNAL_TEMPERATURE,
  FLOW_RATE,
  FLOW_TEMPERATURE,
  FORWARD_ENERGY,
  FREQUENCY,
  HEAT_COST_ALLOCATION,
  HEAT_FIELDS,
  history,
  inputs,
  maximum,
  momentary,
  OPERATING_ERROR_TIME,
  POWER,
  PRESSURE,
  RELATIVE_HUMIDITY,
  RETURN_TEMPERATURE,
  register,
  target,
  targets,
  tariffs,
  VOLTAGE,
  VOLUME,
} from './fields.ts'

/** Storage 1 is the last target date; what those above it are, only their dates tell. */
const FIRST_HISTORY = 2
const LAST_HISTORY = 31
const stored = (source: Field): Field[] => [target(source), ...history(source, FIRST_HISTORY, LAST_HISTORY)]

const UNKNOWN = { version: 1, meters: [], clock: 'unknown', stamp: 'unknown' } as const

const EXTREMES: readonly Field[] = [FLOW_RATE, POWER, FLOW_TEMPERATURE, RETURN_TEMPERATURE].map((field) => maximum(field))

/** Any meter for heat, cooling or both. */
export const genericHeat = {
  name: 'generic-heat',
  ...UNKNOWN,
  fields: [
    ...HEAT_FIELDS,
    FORWARD_ENERGY,
    COOLING_ENERGY,
    ERROR_TIME,
    OPERATING_ERROR_TIME,
    ...tariffs(ENERGY, [1, 2, 3, 4]),
    ...tariffs(VOLUME, [1, 2, 3, 4]),
    ...inputs(VOLUME, [1, 2, 3]),
    ...EXTREMES,
    ...targets(...EXTREMES, ...tariffs(ENERGY, [1, 2, 3, 4])),
    ...[ENERGY, FORWARD_ENERGY, COOLING_ENERGY, VOLUME].flatMap(stored),
    EXTERNAL_TEMPERATURE,
    PRESSURE,
  ],
} as const satisfies Decoder

const BACKWARD_ENERGY = register('backwardEnergy', { quantity: 'energy', modifiers: ['backward'] })

/** Any other meter. */
export const generic = {
  name: 'generic',
  ...UNKNOWN,
  fields: [
    ...HEAT_FIELDS,
    BACKWARD_ENERGY,
    register('reactiveEnergy', { quantity: 'reactiveEnergy' }),
    register('backwardReactiveEnergy', { quantity: 'reactiveEnergy', modifiers: ['backward'] }),
    register('apparentEnergy', { quantity: 'apparentEnergy' }),
    ...tariffs(ENERGY, [1, 2, 3, 4]),
    ...tariffs(BACKWARD_ENERGY, [1, 2, 3, 4]),
    BACKWARD_VOLUME,
    register('forwardVolume', { quantity: 'volume', modifiers: ['forward'] }),
    register('uncorrectedVolume', { quantity: 'volume', modifiers: ['uncorrected'] }),
    register('baseVolume', { quantity: 'volume', modifiers: ['at base conditions'] }),
    ...tariffs(VOLUME, [1, 2, 3, 4]),
    register('mass', { quantity: 'mass' }),
    ...[ENERGY, VOLUME, HEAT_COST_ALLOCATION].flatMap(stored),
    target(BACKWARD_ENERGY),
    target(BACKWARD_VOLUME),
    HEAT_COST_ALLOCATION,
    maximum(FLOW_RATE),
    maximum(POWER),
    { ...momentary('power'), name: 'backwardPower', pick: { quantity: 'power', modifiers: ['backward'] } },
    momentary('massFlow'),
    momentary('reactivePower'),
    momentary('apparentPower'),
    VOLTAGE,
    CURRENT,
    FREQUENCY,
    EXTERNAL_TEMPERATURE,
    PRESSURE,
    RELATIVE_HUMIDITY,
    momentary('remainingBattery'),
  ],
} as const satisfies Decoder
