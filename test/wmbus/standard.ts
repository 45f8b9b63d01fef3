/**
 * The tables of EN 13757-3 as the standard prints them, written down a second time for the tests: VIF codes that count
 * something, what they count, in which unit, and the power of ten of their first code; each further code is ten times that.
 */
import { hex, join } from '../support/telegrams.ts'

export interface NumericVif {
  /** VIF and table byte, as in a record. */
  readonly vib: Uint8Array
  readonly quantity: string
  readonly unit: string
  readonly power: number
}

type Row = readonly [table: '' | 'FD' | 'FB', first: number, count: number, quantity: string, unit: string, power: number]

const DECADES: readonly Row[] = [
  ['', 0x00, 8, 'energy', 'Wh', -3],
  ['', 0x08, 8, 'energy', 'J', 0],
  ['', 0x10, 8, 'volume', 'm3', -6],
  ['', 0x18, 8, 'mass', 'kg', -3],
  ['', 0x28, 8, 'power', 'W', -3],
  ['', 0x30, 8, 'power', 'J/h', 0],
  ['', 0x38, 8, 'flowRate', 'm3/h', -6],
  ['', 0x40, 8, 'flowRate', 'm3/min', -7],
  ['', 0x48, 8, 'flowRate', 'm3/s', -9],
  ['', 0x50, 8, 'massFlow', 'kg/h', -3],
  ['', 0x58, 4, 'flowTemperature', '°C', -3],
  ['', 0x5c, 4, 'returnTemperature', '°C', -3],
  ['', 0x60, 4, 'temperatureDifference', 'K', -3],
  ['', 0x64, 4, 'externalTemperature', '°C', -3],
  ['', 0x68, 4, 'pressure', 'bar', -3],
  ['', 0x6e, 1, 'heatCostAllocation', 'HCA', 0],
  ['', 0x7e, 1, 'any', '', 0],
  ['FD', 0x00, 4, 'credit', 'currency', -3],
  ['FD', 0x04, 4, 'debit', 'currency', -3],
  ['FD', 0x1c, 1, 'baudRate', 'Bd', 0],
  ['FD', 0x1d, 1, 'responseDelay', 'bittimes', 0],
  ['FD', 0x1e, 1, 'retries', '', 0],
  ['FD', 0x20, 1, 'firstCyclicStorage', '', 0],
  ['FD', 0x21, 1, 'lastCyclicStorage', '', 0],
  ['FD', 0x22, 1, 'storageBlockSize', '', 0],
  ['FD', 0x3a, 1, 'dimensionless', '', 0],
  ['FD', 0x40, 16, 'voltage', 'V', -9],
  ['FD', 0x50, 16, 'current', 'A', -12],
  ['FD', 0x60, 1, 'resetCounter', '', 0],
  ['FD', 0x61, 1, 'cumulationCounter', '', 0],
  ['FD', 0x71, 1, 'rfLevel', 'dBm', 0],
  ['FD', 0x74, 1, 'remainingBattery', 'd', 0],
  ['FD', 0x75, 1, 'stopCount', '', 0],
  ['FB', 0x00, 2, 'energy', 'MWh', -1],
  ['FB', 0x02, 2, 'reactiveEnergy', 'kvarh', 0],
  ['FB', 0x04, 2, 'apparentEnergy', 'kVAh', 0],
  ['FB', 0x08, 2, 'energy', 'GJ', -1],
  ['FB', 0x0c, 4, 'energy', 'Mcal', -1],
  ['FB', 0x10, 2, 'volume', 'm3', 2],
  ['FB', 0x14, 4, 'reactivePower', 'kvar', -3],
  ['FB', 0x18, 2, 'mass', 't', 2],
  ['FB', 0x1a, 2, 'relativeHumidity', '%', -1],
  ['FB', 0x20, 1, 'volume', 'ft3', 0],
  ['FB', 0x21, 1, 'volume', 'ft3', -1],
  ['FB', 0x22, 1, 'volume', 'gal', -1],
  ['FB', 0x23, 1, 'volume', 'gal', 0],
  ['FB', 0x24, 1, 'flowRate', 'gal/min', -3],
  ['FB', 0x25, 1, 'flowRate', 'gal/min', 0],
  ['FB', 0x26, 1, 'flowRate', 'gal/h', 0],
  ['FB', 0x28, 2, 'power', 'MW', -1],
  ['FB', 0x2c, 4, 'frequency', 'Hz', -3],
  ['FB', 0x30, 2, 'power', 'GJ/h', -1],
  ['FB', 0x34, 4, 'apparentPower', 'kVA', -3],
  ['FB', 0x58, 4, 'flowTemperature', '°F', -3],
  ['FB', 0x5c, 4, 'returnTemperature', '°F', -3],
  ['FB', 0x60, 4, 'temperatureDifference', '°F', -3],
  ['FB', 0x64, 4, 'externalTemperature', '°F', -3],
  ['FB', 0x70, 4, 'temperatureLimit', '°F', -3],
  ['FB', 0x74, 4, 'temperatureLimit', '°C', -3],
  ['FB', 0x78, 8, 'cumulativeMaximumPower', 'W', -3],
]

/** Durations: each code its own unit. */
const DURATIONS: readonly (readonly [table: '' | 'FD', first: number, quantity: string, units: string])[] = [
  ['', 0x20, 'onTime', 's min h d'],
  ['', 0x24, 'operatingTime', 's min h d'],
  ['', 0x70, 'averagingDuration', 's min h d'],
  ['', 0x74, 'actualityDuration', 's min h d'],
  ['FD', 0x24, 'storageInterval', 's min h d month year'],
  ['FD', 0x2c, 'durationSinceReadout', 's min h d'],
  ['FD', 0x31, 'tariffDuration', 'min h d'],
  ['FD', 0x34, 'tariffPeriod', 's min h d month year'],
  ['FD', 0x3c, 'transmissionPeriod', 's min h d'],
  ['FD', 0x68, 'durationSinceCumulation', 'h d month year'],
  ['FD', 0x6c, 'batteryOperatingTime', 'h d month year'],
]

const vib = (table: string, code: number): Uint8Array => join(hex(table), [code])

/** Every VIF that counts something and whose scale the standard gives. */
export const NUMERIC_VIFS: readonly NumericVif[] = [
  ...DECADES.flatMap(([table, first, count, quantity, unit, power]) =>
    Array.from({ length: count }, (_, n) => ({ vib: vib(table, first + n), quantity, unit, power: power + n })),
  ),
  ...DURATIONS.flatMap(([table, first, quantity, units]) =>
    units.split(' ').map((unit, n) => ({ vib: vib(table, first + n), quantity, unit, power: 0 })),
  ),
]

/** A unit as it is printed → the standard's, and how many powers of ten that is. */
const PRINTED: Readonly<Record<string, readonly [unit: string, power: number]>> = {
  kWh: ['Wh', 3],
  MWh: ['Wh', 6],
  GWh: ['Wh', 9],
  kJ: ['J', 3],
  MJ: ['J', 6],
  GJ: ['J', 9],
  kW: ['W', 3],
  MW: ['W', 6],
  'kJ/h': ['J/h', 3],
  'MJ/h': ['J/h', 6],
  'GJ/h': ['J/h', 9],
}

/** A unit without its prefix. */
export const baseOf = (unit: string): readonly [unit: string, power: number] => PRINTED[unit] ?? [unit, 0]
