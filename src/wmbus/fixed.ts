/**
 * The fixed data structure of old wired meters (CI 73): a number, two counters and their units. On a wired bus the code that
 * names a compact frame on the air means this.
 */
import type { Address } from './address.ts'
import { type Cursor, u8, u32 } from './cursor.ts'
import type { Datagram } from './datagram.ts'
import type { Fault } from './fault.ts'
import { type DataRecord, emptyRecord } from './record.ts'
import { keepRecord } from './records.ts'
import { readData } from './value.ts'
import { allVifs } from './vif.ts'

/** Status bits of this structure; the others are those of every transport header. */
const BINARY = 0x01
const STORED = 0x02

const INTEGER_32 = 4
const BCD_8 = 12

/** Unit codes come in decades: the code of the first, and × 1, × 10, × 100 of this unit. */
const UNITS: readonly (readonly [first: number, quantity: string, unit: string, exponent: number])[] = [
  [0x02, 'energy', 'Wh', 0],
  [0x05, 'energy', 'kWh', 0],
  [0x08, 'energy', 'MWh', 0],
  [0x0b, 'energy', 'kJ', 0],
  [0x0e, 'energy', 'MJ', 0],
  [0x11, 'energy', 'GJ', 0],
  [0x14, 'power', 'W', 0],
  [0x17, 'power', 'kW', 0],
  [0x1a, 'power', 'MW', 0],
  [0x1d, 'power', 'kJ/h', 0],
  [0x20, 'power', 'MJ/h', 0],
  [0x23, 'power', 'GJ/h', 0],
  [0x26, 'volume', 'm3', -6],
  [0x29, 'volume', 'm3', -3],
  [0x2c, 'volume', 'm3', 0],
  [0x2f, 'flowRate', 'm3/h', -6],
  [0x32, 'flowRate', 'm3/h', -3],
  [0x35, 'flowRate', 'm3/h', 0],
]
const TEMPERATURE = 0x38
const HEAT_COST_ALLOCATION = 0x39
/** The unit of the other counter, at a day in the past. */
const HISTORIC = 0x3e

const UNIT_MASK = 0x3f

/** ID ACC STS; version and manufacturer are not sent, the medium is in the two top bits of both unit bytes. */
export function readFixedHeader(d: Datagram): { address: Address; accessNumber: number; status: number } {
  const id = u32(d)
  const accessNumber = u8(d)
  const status = u8(d)
  const deviceType = ((d.bytes[d.pos] ?? 0) >> 6) | (((d.bytes[d.pos + 1] ?? 0) >> 6) << 2)
  return { address: { manufacturer: 0, id, version: 0, deviceType }, accessNumber, status }
}

function measured(r: DataRecord, quantity: string, unit: string, exponent: number): void {
  const vif = allVifs().find((row) => row.quantity === quantity && row.unit === unit)
  Object.assign(r, { quantity, unit, exponent, vif: vif ?? r.vif, vibKey: vif?.id ?? -1 })
}

function nameUnit(r: DataRecord, code: number): void {
  const row = UNITS.find(([first]) => code >= first && code < first + 3)
  if (row) measured(r, row[1], row[2], row[3] + code - row[0])
  else if (code === TEMPERATURE) measured(r, 'temperature', '°C', -3)
  else if (code === HEAT_COST_ALLOCATION) measured(r, 'heatCostAllocation', 'HCA', 0)
}

function readCounter(d: Datagram, code: number, otherCode: number): Fault | undefined {
  const { status } = d.tpl!
  const r = emptyRecord(d.pos, false)
  r.coding = status & BINARY ? INTEGER_32 : BCD_8
  r.storage = status & STORED || code === HISTORIC ? 1 : 0
  nameUnit(r, code === HISTORIC ? otherCode : code)
  const fault = readData(d, r)
  if (!fault) keepRecord(d, r)
  return fault
}

const unitCode = (c: Cursor): number => u8(c) & UNIT_MASK

/** Two unit bytes and two counters of four bytes. */
export function readFixed(d: Datagram): Fault | undefined {
  const first = unitCode(d)
  const second = unitCode(d)
  const fault = readCounter(d, first, second) ?? readCounter(d, second, first)
  return fault ?? (d.pos === d.end ? undefined : 'apl.record')
}
