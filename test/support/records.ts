import { expect } from 'vitest'
import type { Datagram } from '../../src/wmbus/datagram.ts'
import { decode } from '../../src/wmbus/decode.ts'
import type { DataRecord } from '../../src/wmbus/record.ts'
import { hex, noHeader, type Sender, stripped } from './telegrams.ts'

export const METER: Sender = { manufacturer: 'CEN', id: '12345678', version: 1, type: 4 }

/** Application bytes, or their hex, as a plain telegram without transport header brings them. */
export const read = (records: Uint8Array | string): Datagram =>
  decode(stripped(METER, noHeader(typeof records === 'string' ? hex(records) : records)), 'stripped', null)

/** The one record these bytes are. */
export function only(records: Uint8Array | string): DataRecord {
  const d = read(records)
  expect(d.fault).toBeNull()
  expect(d.records).toHaveLength(1)
  return d.records[0]!
}
