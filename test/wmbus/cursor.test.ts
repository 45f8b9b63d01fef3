import { describe, expect, it } from 'vitest'
import { skip, u8, u16, u32 } from '../../src/wmbus/cursor.ts'
import { emptyDatagram, meterAddress } from '../../src/wmbus/datagram.ts'
import { decode } from '../../src/wmbus/decode.ts'
import { METER } from '../support/records.ts'
import { hex, longHeader, noHeader, type Sender, shortHeader, stripped } from '../support/telegrams.ts'

const over = (bytes: string, end = hex(bytes).length) => ({ bytes: hex(bytes), pos: 0, end, short: false })

describe('a cursor', () => {
  it.each([
    ['u8', u8, 0x81],
    ['u16', u16, 0x8281],
    ['u32', u32, 0x84838281],
  ] as const)('%s reads low byte first, unsigned, up to the end', (_, take, value) => {
    const c = over('81828384')
    c.end = { u8: 1, u16: 2, u32: 4 }[_]
    expect([take(c), c.pos, c.short]).toEqual([value, c.end, false])
    expect([take(c), c.pos, c.short]).toEqual([0, c.end, true])
  })

  it('reads 0 for what lies behind its end, even where there are bytes, and stays short', () => {
    const c = over('01020304', 3)
    expect([u32(c), c.short]).toEqual([0x00030201, true])
    c.pos = 0
    expect([u8(c), c.short]).toEqual([1, true])
  })

  it('skips to its end and not past it', () => {
    const c = over('010203')
    skip(c, 3)
    expect(c).toMatchObject({ pos: 3, short: false })
    c.pos = 1
    skip(c, 3)
    expect(c).toMatchObject({ pos: 1, short: true })
  })
})

describe('the metering device', () => {
  const CONVERTER: Sender = { manufacturer: 'ELS', id: '11223344', version: 0x55, type: 0x37 }
  const idOf = (bytes: Uint8Array) => meterAddress(decode(bytes, 'stripped', null))?.id

  it('stands in the long transport header, else in the link layer, else nowhere', () => {
    expect(idOf(stripped(CONVERTER, longHeader(METER, hex(''))))).toBe(0x12345678)
    expect(idOf(stripped(CONVERTER, shortHeader(METER, hex(''))))).toBe(0x11223344)
    expect(idOf(stripped(CONVERTER, noHeader(hex(''))))).toBe(0x11223344)
    expect(meterAddress(emptyDatagram())).toBeNull()
  })
})

describe('a datagram before its first layer', () => {
  it('claims nothing', () => {
    expect(emptyDatagram()).toEqual({
      bytes: new Uint8Array(0),
      pos: 0,
      end: 0,
      short: false,
      wired: false,
      dll: null,
      ell: null,
      afl: null,
      tpl: null,
      sealed: false,
      encryption: 'none',
      mac: 'none',
      messageCounter: null,
      plainFrom: 0,
      records: [],
      format: null,
      manufacturerFrom: -1,
      fault: null,
      notes: [],
    })
  })
})
