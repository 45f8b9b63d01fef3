/** What the meters of the city are and send: written from their data sheets and public telegrams, with no code of the product. */
import { afl, derive, macOf, mode7 } from '../test/support/sessions.ts'
import {
  bcd,
  ellSession,
  hex,
  integer,
  join,
  longHeader,
  noHeader,
  record,
  type Sender,
  shortHeader,
  stripped,
} from '../test/support/telegrams.ts'

/** What a meter has measured. */
export interface State {
  readonly kWh: number
  readonly m3: number
  /** Integrals of volume and temperature. */
  readonly m3Flow: number
  readonly m3Return: number
  readonly flow: number
  readonly back: number
}

/** One record: what it is called where it can be billed, its DIF and VIF, and how the meter counts. */
interface Row {
  readonly name: string | null
  readonly header: string
  readonly write: (value: number, size: number) => Uint8Array
  readonly size: number
  readonly unit: string
  /** Digits behind the point. */
  readonly decimals: number
  readonly of: (state: State) => number
}

/** What stands around the records: the telegram without CRCs, as a stick hands it on. `n` counts up. */
type Wrap = (meter: Sender, records: Uint8Array, n: number, key: Uint8Array) => Uint8Array

export interface Model {
  readonly brand: string
  readonly manufacturer: string
  readonly version: number
  readonly type: number
  readonly wrap: Wrap
  readonly rows: readonly Row[]
  /** Records that never change, in hex. */
  readonly also?: string
}

const PER_KWH: Readonly<Record<string, number>> = { kWh: 1, MWh: 1 / 1000, GJ: 0.0036 }

type Coding = Pick<Row, 'write' | 'size'>
const INT16: Coding = { write: integer, size: 2 }
const INT32: Coding = { write: integer, size: 4 }
const BCD6: Coding = { write: bcd, size: 3 }
const BCD8: Coding = { write: bcd, size: 4 }

const energy = (header: string, coding: Coding, unit: string, decimals: number): Row => ({
  ...coding,
  name: 'energy',
  header,
  unit,
  decimals,
  of: ({ kWh }) => kWh * PER_KWH[unit]!,
})
const volume = (header: string, coding: Coding, decimals: number): Row => ({
  ...coding,
  name: 'volume',
  header,
  unit: 'm3',
  decimals,
  of: ({ m3 }) => m3,
})
/** E8 and E9 count in a hundred times the unit of the volume. */
const integrals = (decimals: number): Row[] => [
  { ...INT32, name: 'volumeFlowTemperature', header: '04FF07', unit: 'm3·°C', decimals: decimals - 2, of: ({ m3Flow }) => m3Flow },
  { ...INT32, name: 'volumeReturnTemperature', header: '04FF08', unit: 'm3·°C', decimals: decimals - 2, of: ({ m3Return }) => m3Return },
]
const temperatures = (flow: string, back: string, coding: Coding, decimals: number): Row[] => [
  { ...coding, name: null, header: flow, unit: '°C', decimals, of: (state) => state.flow },
  { ...coding, name: null, header: back, unit: '°C', decimals, of: (state) => state.back },
]

const NO_INFO_CODE = '04FF2200000000'

/** Kamstrup C1: AES-128-CTR in the extended link layer. */
const ellCtr: Wrap = (meter, records, n, key) =>
  stripped(meter, ellSession(meter, noHeader(records), { key, session: 16 * n, accessNumber: n & 0xff }))

/** OMS security mode 5: AES-128-CBC in the transport layer. */
const mode5: Wrap = (meter, records, n, key) => stripped(meter, shortHeader(meter, records, { key, accessNumber: n & 0xff }))

/** OMS security profile B: mode 7 under a key of its own for every telegram, and a MAC of 8 bytes. */
const profileB: Wrap = (meter, records, n, key) => {
  const fields = { control: 0x25, counter: n }
  const body = mode7(records, derive(key, 0, n, meter))
  return stripped(meter, join(afl({ ...fields, mac: macOf(fields, body, derive(key, 1, n, meter)).subarray(0, 8) }), body))
}

/** A wired meter behind a radio converter: the link layer bears the converter's address, the transport header the meter's. */
const CONVERTER: Sender = { manufacturer: 'LAS', id: '00912207', version: 0x07, type: 0x37 }
const converted: Wrap = (meter, records, n) => stripped(CONVERTER, longHeader(meter, records, { accessNumber: n & 0xff }))

export const MULTICAL_403: Model = {
  brand: 'Kamstrup MULTICAL 403',
  manufacturer: 'KAM',
  version: 0x34,
  type: 0x04,
  wrap: ellCtr,
  rows: [energy('0406', INT32, 'kWh', 0), volume('0414', INT32, 2), ...integrals(2), ...temperatures('0259', '025D', INT16, 2)],
  also: NO_INFO_CODE,
}

/** In a large building: counts in tenths of a cubic metre, and in hundredths of a megawatt-hour. */
export const MULTICAL_603: Model = {
  brand: 'Kamstrup MULTICAL 603',
  manufacturer: 'KAM',
  version: 0x35,
  type: 0x04,
  wrap: ellCtr,
  rows: [energy('0407', INT32, 'MWh', 2), volume('0415', INT32, 1), ...integrals(1), ...temperatures('0259', '025D', INT16, 2)],
  also: NO_INFO_CODE,
}

export const MULTICAL_603_GJ: Model = {
  ...MULTICAL_603,
  rows: [energy('040F', INT32, 'GJ', 2), volume('0414', INT32, 2), ...integrals(2), ...temperatures('0259', '025D', INT16, 2)],
}

export const SHARKY_775: Model = {
  brand: 'Diehl SHARKY 775',
  manufacturer: 'DME',
  version: 0x40,
  type: 0x04,
  wrap: mode5,
  rows: [energy('0C06', BCD8, 'kWh', 0), volume('0C13', BCD8, 3), ...temperatures('0A5A', '0A5E', { write: bcd, size: 2 }, 1)],
}

export const T550: Model = {
  brand: 'Landis+Gyr T550',
  manufacturer: 'LUG',
  version: 0x04,
  type: 0x04,
  wrap: profileB,
  rows: [energy('0C06', BCD8, 'kWh', 0), volume('0C14', BCD8, 2), ...temperatures('0B5A', '0B5E', BCD6, 1)],
}

export const SENSOSTAR: Model = {
  brand: 'Engelmann SensoStar',
  manufacturer: 'EFE',
  version: 0x00,
  type: 0x04,
  wrap: mode5,
  rows: [energy('0406', INT32, 'kWh', 0), volume('0413', INT32, 3), ...temperatures('025B', '025F', INT16, 0)],
}

export const ITRON_CF: Model = {
  brand: 'Itron CF',
  manufacturer: 'ITW',
  version: 0x00,
  type: 0x04,
  wrap: mode5,
  rows: [energy('0406', INT32, 'kWh', 0), volume('0C14', BCD8, 2)],
}

export const ZELSIUS: Model = {
  brand: 'Zenner zelsius C5',
  manufacturer: 'ZRI',
  version: 0x88,
  type: 0x04,
  wrap: converted,
  rows: [energy('0406', INT32, 'kWh', 0), volume('0413', INT32, 3), ...temperatures('0259', '025D', INT16, 2)],
}

export const FLOWIQ: Model = { ...MULTICAL_403, brand: 'water meter', type: 0x16, rows: [volume('0413', INT32, 3)] }
export const HYDRUS: Model = { ...SHARKY_775, brand: 'water meter', manufacturer: 'HYD', type: 0x07, rows: [volume('0C13', BCD8, 3)] }

export const isEncrypted = ({ wrap }: Model): boolean => wrap !== converted
export const hasMac = ({ wrap }: Model): boolean => wrap === profileB

/** The meter's counter shows whole steps: everything that is sent or billed comes from this integer. */
const counted = ({ of, decimals }: Row, state: State): number => Math.floor(of(state) * 10 ** decimals)

export const recordsOf = (model: Model, state: State): Uint8Array =>
  join(...model.rows.map((row) => record(row.header, row.write(counted(row, state), row.size))), hex(model.also ?? ''))

/** What its display would show of the registers: `{ energy: '79846 kWh', … }`. */
export const registersOf = (model: Model, state: State): Readonly<Record<string, string>> =>
  Object.fromEntries(
    model.rows.flatMap((row) => (row.name === null ? [] : [[row.name, `${shown(counted(row, state), row.decimals)} ${row.unit}`]])),
  )

function shown(count: number, decimals: number): string {
  const digits = String(count).padStart(decimals + 1, '0')
  if (decimals <= 0) return digits + (count === 0 ? '' : '0'.repeat(-decimals))
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}
