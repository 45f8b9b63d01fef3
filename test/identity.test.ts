import { describe, expect, it } from 'vitest'
import { identify } from '../src/identity.ts'
import { meterName } from '../src/wmbus/address.ts'
import { address, frame } from '../src/wmbus/decode.ts'
import { ellPlain, hex, longHeader, noHeader, type Sender, shortHeader, stripped, wired } from './support/telegrams.ts'

const METER: Sender = { manufacturer: 'ELS', id: '12345678', version: 0x33, type: 0x04 }
const CONVERTER: Sender = { manufacturer: 'RAD', id: '11223344', version: 0x03, type: 0x37 }
const RECORDS = hex('0C1427048502')
const of = (telegram: Uint8Array) => identify(address(frame(telegram, 'unknown')))

describe('whose telegram it is', () => {
  it('is the link layer’s where no long header names the meter', () => {
    for (const content of [noHeader(RECORDS), shortHeader(METER, RECORDS), ellPlain(noHeader(RECORDS))]) {
      expect(of(stripped(METER, content))).toEqual({ manufacturer: 0x1593, id: 0x12345678, version: 0x33, deviceType: 4 })
    }
  })

  it('is the long header’s, whoever sends it', () => {
    expect(meterName(of(stripped(CONVERTER, longHeader(METER, RECORDS)))!)).toBe('ELS-12345678')
    expect(meterName(of(wired(longHeader(METER, RECORDS)))!)).toBe('ELS-12345678')
  })

  it('is nobody’s in a wired frame without a header', () => {
    expect(of(wired(noHeader(RECORDS)))).toBeNull()
  })

  it('stands in another order in Diehl’s “real data” frames (wmbusmeters issue 1253)', () => {
    const telegram = '3944D3102F04684049417ACE502BD0DCC3F55D144EF906B1FB0B0948DBCE7AFACC254E924C07184513993ED3BA50730516C23ADB186C747AF724'
    expect(of(hex(telegram))).toEqual({ manufacturer: 0x10d3, id: 0x41494068, version: 0x2f, deviceType: 0x04 })
    const otherwise = hex(telegram).with(14, 0x05)
    expect(of(otherwise)).toEqual({ manufacturer: 0x10d3, id: 0x4068042f, version: 0x49, deviceType: 0x41 })
  })
})
