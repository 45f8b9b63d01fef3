/**
 * Value information (EN 13757-3, tables of primary VIFs, FB and FD extensions and combinable VIFEs): one line per row of
 * the standard. A row says what is measured, in which unit it is printed and where its decimal point stands.
 */

/** How a row's data is to be read where the coding alone does not say. */
export type ValueType = 'number' | 'unsigned' | 'identity' | 'date' | 'dateTime' | 'bytes'

export interface Vif {
  /** Table × 128 + code: 0 primary, 1 FD, 2 FB, 3 EF, 4 second level FD FD. */
  readonly id: number
  readonly quantity: string
  readonly unit: string
  /** value = raw × 10^exponent, in `unit`. */
  readonly exponent: number
  readonly type: ValueType
}

type Row = Omit<Vif, 'id'>
type Rows = readonly (readonly [code: number, ...rows: Row[]])[]

const PREFIXES = ['', 'k', 'M', 'G']

/** The unit as meters print it: 10^5 J is 0.1 MJ; the exponent in front of a prefixed unit is −2, −1 or 0. */
function printed(quantity: string, base: string, exponent: number, suffix = ''): Row {
  const step = Math.min(Math.max(Math.ceil(exponent / 3), 0), 3)
  return { quantity, unit: `${PREFIXES[step]}${base}${suffix}`, exponent: exponent - 3 * step, type: 'number' }
}

const row = (quantity: string, unit = '', exponent = 0, type: ValueType = 'number'): Row => ({ quantity, unit, exponent, type })
const range = (count: number, make: (n: number) => Row): Row[] => Array.from({ length: count }, (_, n) => make(n))
const scaled = (quantity: string, unit: string, count: number, first: number): Row[] => range(count, (n) => row(quantity, unit, first + n))
const inUnits = (quantity: string, units: readonly string[]): Row[] => units.map((unit) => row(quantity, unit))
const flags = (quantity: string): Row => row(quantity, '', 0, 'unsigned')
const identity = (quantity: string): Row => row(quantity, '', 0, 'identity')

const S_MIN_H_D = ['s', 'min', 'h', 'd']
const H_D_MONTH_YEAR = ['h', 'd', 'month', 'year']
const MIN_H_D = ['min', 'h', 'd']

const PRIMARY: Rows = [
  [0x00, ...range(8, (n) => printed('energy', 'Wh', n - 3))],
  [0x08, ...range(8, (n) => printed('energy', 'J', n))],
  [0x10, ...scaled('volume', 'm3', 8, -6)],
  [0x18, ...scaled('mass', 'kg', 8, -3)],
  [0x20, ...inUnits('onTime', S_MIN_H_D)],
  [0x24, ...inUnits('operatingTime', S_MIN_H_D)],
  [0x28, ...range(8, (n) => printed('power', 'W', n - 3))],
  [0x30, ...range(8, (n) => printed('power', 'J', n, '/h'))],
  [0x38, ...scaled('flowRate', 'm3/h', 8, -6)],
  [0x40, ...scaled('flowRate', 'm3/min', 8, -7)],
  [0x48, ...scaled('flowRate', 'm3/s', 8, -9)],
  [0x50, ...scaled('massFlow', 'kg/h', 8, -3)],
  [0x58, ...scaled('flowTemperature', '°C', 4, -3)],
  [0x5c, ...scaled('returnTemperature', '°C', 4, -3)],
  [0x60, ...scaled('temperatureDifference', 'K', 4, -3)],
  [0x64, ...scaled('externalTemperature', '°C', 4, -3)],
  [0x68, ...scaled('pressure', 'bar', 4, -3)],
  [0x6c, row('date', '', 0, 'date'), row('dateTime', '', 0, 'dateTime')],
  [0x6e, row('heatCostAllocation', 'HCA')],
  [0x70, ...inUnits('averagingDuration', S_MIN_H_D)],
  [0x74, ...inUnits('actualityDuration', S_MIN_H_D)],
  [0x78, identity('fabricationNumber'), identity('identification'), row('busAddress', '', 0, 'unsigned')],
  [0x7c, row('plainText')],
  [0x7e, row('any')],
  [0x7f, row('manufacturerSpecific')],
]

const FD: Rows = [
  [0x00, ...scaled('credit', 'currency', 4, -3), ...scaled('debit', 'currency', 4, -3)],
  [0x08, row('accessNumber', '', 0, 'unsigned'), identity('medium'), identity('manufacturer'), identity('parameterSet')],
  [0x0c, ...['modelVersion', 'hardwareVersion', 'firmwareVersion', 'softwareVersion'].map(identity)],
  [0x10, ...['customerLocation', 'customer', 'accessCodeUser', 'accessCodeOperator', 'accessCodeSystemOperator'].map(identity)],
  [0x15, identity('accessCodeDeveloper'), identity('password'), flags('errorFlags'), flags('errorMask'), identity('securityKey')],
  [0x1a, flags('digitalOutput'), flags('digitalInput'), row('baudRate', 'Bd'), row('responseDelay', 'bittimes'), row('retries')],
  [0x1f, flags('remoteControl'), row('firstCyclicStorage'), row('lastCyclicStorage'), row('storageBlockSize')],
  [0x23, row('tariffAndSubunit', '', 0, 'unsigned'), ...inUnits('storageInterval', S_MIN_H_D)],
  [0x28, ...inUnits('storageInterval', ['month', 'year']), row('operatorSpecific'), row('timePointSecond')],
  [0x2c, ...inUnits('durationSinceReadout', S_MIN_H_D)],
  [0x30, row('tariffStart', '', 0, 'dateTime'), ...inUnits('tariffDuration', MIN_H_D)],
  [0x34, ...inUnits('tariffPeriod', [...S_MIN_H_D, 'month', 'year']), row('dimensionless'), row('wirelessContainer', '', 0, 'bytes')],
  [0x3c, ...inUnits('transmissionPeriod', S_MIN_H_D)],
  [0x40, ...scaled('voltage', 'V', 16, -9)],
  [0x50, ...scaled('current', 'A', 16, -12)],
  [0x60, row('resetCounter'), row('cumulationCounter'), row('controlSignal'), row('dayOfWeek'), row('weekNumber')],
  [0x65, row('timeOfDayChange'), row('parameterActivation'), row('supplierInformation')],
  [0x68, ...inUnits('durationSinceCumulation', H_D_MONTH_YEAR), ...inUnits('batteryOperatingTime', H_D_MONTH_YEAR)],
  [0x70, row('batteryChange', '', 0, 'dateTime'), row('rfLevel', 'dBm'), row('daylightSaving', '', 0, 'bytes')],
  [
    0x73,
    row('listeningWindow', '', 0, 'bytes'),
    row('remainingBattery', 'd'),
    row('stopCount'),
    row('manufacturerContainer', '', 0, 'bytes'),
  ],
]

const FB: Rows = [
  [0x00, ...scaled('energy', 'MWh', 2, -1), ...scaled('reactiveEnergy', 'kvarh', 2, 0), ...scaled('apparentEnergy', 'kVAh', 2, 0)],
  [0x08, ...scaled('energy', 'GJ', 2, -1)],
  [0x0c, ...scaled('energy', 'Mcal', 4, -1)],
  [0x10, ...scaled('volume', 'm3', 2, 2)],
  [0x14, ...scaled('reactivePower', 'kvar', 4, -3), ...scaled('mass', 't', 2, 2), ...scaled('relativeHumidity', '%', 2, -1)],
  [0x20, row('volume', 'ft3'), row('volume', 'ft3', -1), row('volume', 'gal', -1), row('volume', 'gal')],
  [0x24, row('flowRate', 'gal/min', -3), row('flowRate', 'gal/min'), row('flowRate', 'gal/h')],
  [0x28, ...scaled('power', 'MW', 2, -1), row('phaseVoltageVoltage', '°', -1), row('phaseVoltageCurrent', '°', -1)],
  [0x2c, ...scaled('frequency', 'Hz', 4, -3), ...scaled('power', 'GJ/h', 2, -1)],
  [0x34, ...scaled('apparentPower', 'kVA', 4, -3)],
  [0x58, ...scaled('flowTemperature', '°F', 4, -3), ...scaled('returnTemperature', '°F', 4, -3)],
  [0x60, ...scaled('temperatureDifference', '°F', 4, -3), ...scaled('externalTemperature', '°F', 4, -3)],
  [0x68, ...range(7, () => row('heatCostRatingFactor'))],
  [0x70, ...scaled('temperatureLimit', '°F', 4, -3), ...scaled('temperatureLimit', '°C', 4, -3)],
  [0x78, ...range(8, (n) => printed('cumulativeMaximumPower', 'W', n - 3))],
]

const FD_FD: Rows = [
  [0x00, identity('selectedApplication')],
  [0x02, ...inUnits('remainingBattery', ['month', 'year'])],
  [0x3e, row('moisture', '%')],
]

const RESERVED = row('reserved')

function table(index: number, rows: Rows): readonly Vif[] {
  const vifs = Array.from({ length: 128 }, (_, code): Vif => ({ id: index * 128 + code, ...RESERVED }))
  for (const [first, ...list] of rows)
    list.forEach((r, i) => {
      vifs[first + i] = { id: index * 128 + first + i, ...r }
    })
  return vifs
}

const TABLES = [table(0, PRIMARY), table(1, FD), table(2, FB), table(3, []), table(4, FD_FD)] as const

export const primaryVif = (code: number): Vif => TABLES[0][code & 0x7f]!
/** First byte of a true VIF extension → its table; `FD FD` leads one level further. */
export const fdVif = (code: number): Vif => TABLES[1][code & 0x7f]!
export const fbVif = (code: number): Vif => TABLES[2][code & 0x7f]!
export const efVif = (code: number): Vif => TABLES[3][code & 0x7f]!
export const fdFdVif = (code: number): Vif => TABLES[4][code & 0x7f]!

/** Every row that is not reserved, for documentation and tests. */
export const allVifs = (): readonly Vif[] => TABLES.flat().filter((v) => v.quantity !== 'reserved')
