/** Fields that many meters share, and small generators: a meter type lists those it has and adds its own. */
import type { Field, Pick } from './decoder.ts'
import type { FieldKind } from './observation.ts'

const field = (name: string, kind: FieldKind, pick: Pick, obis?: string): Field => ({ name, kind, pick, ...(obis && { obis }) })
export const register = (name: string, pick: Pick, obis?: string): Field => field(name, 'register', pick, obis)
export const momentary = (quantity: string, obis?: string): Field => field(quantity, 'momentary', { quantity }, obis)

export const ENERGY = register('energy', { quantity: 'energy' }, '1.0.0*255')
/** Meters for heat and cooling count heat as the energy of positive differences, cooling as that of negative ones. */
export const FORWARD_ENERGY = register('energy', { quantity: 'energy', modifiers: ['forward'] }, '1.0.0*255')
export const COOLING_ENERGY = register('coolingEnergy', { quantity: 'energy', modifiers: ['backward'] }, '5-0:1.0.0*255')
/** … or as tariff 1. */
export const COOLING_TARIFF = register('coolingEnergy', { quantity: 'energy', tariff: 1 }, '5-0:1.0.0*255')
export const VOLUME = register('volume', { quantity: 'volume' }, '2.0.0*255')
export const BACKWARD_VOLUME = register('backwardVolume', { quantity: 'volume', modifiers: ['backward'] })
export const HEAT_COST_ALLOCATION = register('heatCostAllocation', { quantity: 'heatCostAllocation' })
export const ON_TIME = register('onTime', { quantity: 'onTime' })
export const OPERATING_TIME = register('operatingTime', { quantity: 'operatingTime' })
export const ERROR_TIME = register('errorTime', { quantity: 'onTime', function: 'error' })
export const OPERATING_ERROR_TIME = register('errorTime', { quantity: 'operatingTime', function: 'error' })
export const POWER = momentary('power', '8.0.0*255')
export const FLOW_RATE = momentary('flowRate', '9.0.0*255')
export const FLOW_TEMPERATURE = momentary('flowTemperature', '10.0.0*255')
export const RETURN_TEMPERATURE = momentary('returnTemperature', '11.0.0*255')
export const TEMPERATURE_DIFFERENCE = momentary('temperatureDifference', '12.0.0*255')
export const EXTERNAL_TEMPERATURE = momentary('externalTemperature')
export const PRESSURE = momentary('pressure')
export const RELATIVE_HUMIDITY = momentary('relativeHumidity')
export const VOLTAGE = momentary('voltage')
export const CURRENT = momentary('current')
export const FREQUENCY = momentary('frequency')

const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1)

/** The same value from elsewhere in the telegram, under another name; it has no OBIS code unless one is given. */
export const renamed = (name: string, { obis: _, ...source }: Field, pick: Pick, obis?: string): Field => ({
  ...source,
  name,
  pick: { ...source.pick, ...pick },
  ...(obis && { obis }),
})
/** What the meter stored of it. */
export const stored = (name: string, source: Field, storage: number, obis?: string): Field => ({
  ...renamed(name, source, { storage }, obis),
  kind: 'historic',
  ...(source.kind === 'register' && { of: source.name }),
})

/** `energy` → `targetEnergy`: as it was at the last target date. In OBIS codes D turns from 0, now, to 2, due date. */
export const target = (source: Field, storage = 1): Field =>
  stored(`target${capital(source.name)}`, source, storage, source.obis?.replace(/(\d+)\.0\.(\d+\*)/, '$1.2.$2'))
export const targets = (...sources: readonly Field[]): Field[] => sources.map((source) => target(source))

const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

/** `energyMonth1`, `energyMonth2`, …: as they were at the ends of months, newest first, in every `step`-th storage. */
export const months = (source: Field, firstStorage: number, n: number, step = 1): Field[] =>
  count(n).map((i) => stored(`${source.name}Month${i + 1}`, source, firstStorage + step * i))

/** `energyHistory2`, …: stored values of which nothing but the storage number is known. */
export const history = (source: Field, firstStorage: number, lastStorage: number): Field[] =>
  count(lastStorage - firstStorage + 1).map((i) => stored(`${source.name}History${firstStorage + i}`, source, firstStorage + i))

/** `energyTariff1`, …; OBIS group E is the tariff. */
export const tariffs = (source: Field, numbers: readonly number[]): Field[] =>
  numbers.map((tariff) =>
    renamed(`${source.name}Tariff${tariff}`, source, { tariff }, source.name === 'energy' ? `1.0.${tariff}*255` : undefined),
  )

/** `volumeInput1`, …: what other meters count on the pulse inputs. */
export const inputs = (source: Field, numbers: readonly number[]): Field[] =>
  numbers.map((subunit) => renamed(`${source.name}Input${subunit}`, source, { subunit }))

/** `maximumPower`: the highest there was, with its time where the telegram tells it. */
export const maximum = (source: Field, pick: Pick = {}): Field =>
  renamed(`maximum${capital(source.name)}`, source, { function: 'maximum', ...pick })

/** What heat meters send in every telegram. */
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
