import type { Field } from './decoder.ts'

/** Fields most heat meters share; a meter type lists those it has and adds its own. */

export const ENERGY: Field = { name: 'energy', kind: 'register', pick: { quantity: 'energy' }, obis: '1.0.0*255' }
export const VOLUME: Field = { name: 'volume', kind: 'register', pick: { quantity: 'volume' }, obis: '2.0.0*255' }
export const ON_TIME: Field = { name: 'onTime', kind: 'register', pick: { quantity: 'onTime' } }
export const OPERATING_TIME: Field = { name: 'operatingTime', kind: 'register', pick: { quantity: 'operatingTime' } }
export const POWER: Field = { name: 'power', kind: 'momentary', pick: { quantity: 'power' }, obis: '8.0.0*255' }
export const FLOW_RATE: Field = { name: 'flowRate', kind: 'momentary', pick: { quantity: 'flowRate' }, obis: '9.0.0*255' }
export const FLOW_TEMPERATURE: Field = {
  name: 'flowTemperature',
  kind: 'momentary',
  pick: { quantity: 'flowTemperature' },
  obis: '10.0.0*255',
}
export const RETURN_TEMPERATURE: Field = {
  name: 'returnTemperature',
  kind: 'momentary',
  pick: { quantity: 'returnTemperature' },
  obis: '11.0.0*255',
}
export const TEMPERATURE_DIFFERENCE: Field = {
  name: 'temperatureDifference',
  kind: 'momentary',
  pick: { quantity: 'temperatureDifference' },
  obis: '12.0.0*255',
}

export const HEAT_FIELDS: readonly Field[] = [
  ENERGY,
  VOLUME,
  OPERATING_TIME,
  ON_TIME,
  POWER,
  FLOW_RATE,
  FLOW_TEMPERATURE,
  RETURN_TEMPERATURE,
  TEMPERATURE_DIFFERENCE,
]
