import { describe, expect, it } from 'vitest'
import { decode } from '../../src/wmbus/decode.ts'
import { emptyRecord, readHeader, vibKeyOf } from '../../src/wmbus/record.ts'
import { aesKey } from '../../src/wmbus/security.ts'
import { vibKeysOf } from '../../src/wmbus/vib.ts'
import { allVifs, fbVif, primaryVif } from '../../src/wmbus/vif.ts'
import { modifierOf } from '../../src/wmbus/vife.ts'
import { METER, only, read } from '../support/records.ts'
import { hex, join, noHeader, shortHeader, stripped } from '../support/telegrams.ts'

describe('the key of a value information block', () => {
  const key = (vif: number, ...vifes: number[]) => vibKeyOf(primaryVif(vif), vifes.map(modifierOf))

  it('is the same for the same meaning: modifiers that only move the point do not count', () => {
    expect(key(0x13, 0x74)).toBe(key(0x13))
    expect(key(0x13, 0x3c, 0x7d)).toBe(key(0x13, 0x3c))
    expect(key(0x13, 0x7d, 0x3c)).toBe(key(0x13, 0x3c))
  })

  it('is another for every other meaning, and tells the order', () => {
    const keys = [
      key(0x13),
      key(0x14),
      key(0x13, 0x00),
      key(0x13, 0x3b),
      key(0x13, 0x3c),
      key(0x13, 0x3b, 0x3c),
      key(0x13, 0x3c, 0x3b),
      key(0x13, 0x3c, 0x3c),
      key(0x13, 0x3c, 0x3b, 0x3b),
      key(0x13, 0x3c, 0x3b, 0x3c),
      vibKeyOf(fbVif(0x13), []),
    ]
    expect(new Set(keys).size).toBe(keys.length)
    expect(keys.every(Number.isSafeInteger)).toBe(true)
  })

  it('has room for three modifiers; more are identified by none', () => {
    expect(key(0x13, 0x3c, 0x3b, 0x12)).toBeGreaterThan(0)
    expect(key(0x13, 0x3c, 0x3b, 0x12, 0x12)).toBe(-1)
    expect(key(0x13, 0x3c, 0x3b, 0x74, 0x12, 0x7d)).toBe(key(0x13, 0x3c, 0x3b, 0x12))
  })

  it('stands in the record', () => {
    expect(only('0413 01000000').vibKey).toBe(key(0x13))
    expect(only('0493BC3B 01000000').vibKey).toBe(key(0x13, 0x3c, 0x3b))
    expect(only('0493BCBB9212 01000000').vibKey).toBe(-1)
    expect(only('04937F 01000000').vibKey).toBe(key(0x13))
  })
})

describe('the keys of what people write', () => {
  it('are one for every unit the standard has for a quantity', () => {
    const volumes = allVifs().filter((v) => v.quantity === 'volume')
    expect(vibKeysOf({ quantity: 'volume' })).toEqual(volumes.map((v) => v.id))
    expect(vibKeysOf({ quantity: 'volume', modifiers: ['backward'] })).toEqual(volumes.map((v) => vibKeyOf(v, [modifierOf(0x3c)])))
    expect(vibKeysOf({ quantity: 'volume' })).toContain(only('0413 01000000').vibKey)
  })

  it('are that of one value information block in hex', () => {
    expect(vibKeysOf({ vib: '93BC3B' })).toEqual([only('0493BC3B 01000000').vibKey])
    expect(vibKeysOf({ vib: 'FF21', quantity: 'ignored' })).toEqual([only('04FF21 01000000').vibKey])
  })

  it.each(['', '93', '1306', 'FD', '9'])('are none for "%s", which is no value information block', (vib) => {
    expect(() => vibKeysOf({ vib })).toThrow(`"${vib}" is no value information block`)
  })

  it('are none for names nobody knows', () => {
    expect(() => vibKeysOf({ quantity: 'warmth' })).toThrow('no VIF of EN 13757-3 measures "warmth"')
    expect(() => vibKeysOf({})).toThrow('no VIF')
    expect(() => vibKeysOf({ quantity: 'volume', modifiers: ['sideways'] })).toThrow('no combinable VIFE is called "sideways"')
  })
})

describe('the value information block', () => {
  it('has a plain text unit behind VIF 7C alone, not behind the codes 7C of other tables', () => {
    expect(only('01FB7C 07')).toMatchObject({ quantity: 'cumulativeMaximumPower', raw: 7 })
    expect(only('01FD7C 07')).toMatchObject({ quantity: 'reserved', raw: 7 })
    expect(only('017C 01 41 07')).toMatchObject({ quantity: 'plainText', unit: 'A', raw: 7 })
  })

  it('is the manufacturer’s behind VIF 7F alone', () => {
    expect(only('01FDFF3C 07')).toMatchObject({ quantity: 'reserved', modifiers: [{ name: 'backward' }] })
    expect(only('01FF3C 07')).toMatchObject({ quantity: 'manufacturerSpecific', modifiers: [{ name: 'manufacturer 3C' }] })
    expect(only('017F 07')).toMatchObject({ quantity: 'manufacturerSpecific', modifiers: [] })
  })

  it('goes on in the second level of FD only', () => {
    expect(only('01FDFD3E 07')).toMatchObject({ quantity: 'moisture' })
    expect(only('01FBFD3E 07')).toMatchObject({ quantity: 'cumulativeMaximumPower', modifiers: [{ name: 'at base conditions' }] })
    expect(only('01FD3E 07')).toMatchObject({ quantity: 'transmissionPeriod' })
  })

  it('has second modifiers behind FC, which go on or end there', () => {
    expect(only('01FDC8FC01 07').modifiers.map((m) => m.name)).toEqual(['L1'])
    expect(only('01FDC8FC81FC02 07').modifiers.map((m) => m.name)).toEqual(['L1', 'L2'])
    // 7C without more to come is a code of the first table.
    expect(only('01FDC87C 07').modifiers.map((m) => m.name)).toEqual(['reserved'])
    // Behind VIFE 7F, FC is a byte of the manufacturer's.
    expect(only('0193FFFC01 07').modifiers.map((m) => m.name)).toEqual(['manufacturer 7C', 'manufacturer 01'])
  })

  it('makes no moment and no other decade of what a manufacturer wrote', () => {
    expect(only('04FF39 32147A18')).toMatchObject({ type: 'number', raw: 0x187a1432, text: null })
    expect(only('04FF01 01000000')).toMatchObject({ raw: 1, missing: null })
  })

  it('may end exactly with the telegram, with no data', () => {
    expect(only('007C 01 41')).toMatchObject({ unit: 'A', raw: null })
    expect(read('007C 02 41')).toMatchObject({ fault: 'apl.truncated', records: [] })
  })
})

describe('a record before it is read', () => {
  it('claims nothing', () => {
    expect(emptyRecord(7, true)).toEqual({
      at: 7,
      dataAt: 7,
      end: 7,
      coding: 0,
      fn: 0,
      storage: 0,
      tariff: 0,
      subunit: 0,
      vif: primaryVif(0x7e),
      quantity: 'any',
      unit: '',
      exponent: 0,
      type: 'number',
      modifiers: [],
      vibKey: 0,
      raw: null,
      text: null,
      date: null,
      missing: null,
      protected: true,
    })
  })

  it('knows where its data begin once its header is read', () => {
    const r = emptyRecord(0, false)
    const c = { bytes: hex('93 3C 01'), pos: 0, end: 3, short: false }
    expect(readHeader(c, r, 0x01)).toBeUndefined()
    expect([r.dataAt, r.end, c.pos, r.coding, r.protected]).toEqual([2, 2, 2, 1, false])
  })
})

describe('what is left behind the last record', () => {
  const KEY = hex('000102030405060708090A0B0C0D0E0F')
  const loose = (content: Uint8Array) => decode(stripped(METER, content), 'unknown', aesKey(KEY))
  const VOLUME = hex('0B13436587')

  it('of loose hex is one or two bytes of a CRC, and not three', () => {
    for (const rest of ['04', '0413']) expect(loose(noHeader(join(VOLUME, hex(rest)))).notes).toContain('apl.short-tail')
    expect(loose(noHeader(join(VOLUME, hex('041305')))).fault).toBe('apl.truncated')
  })

  it('is looked for behind the encrypted part, not in it', () => {
    const inside = join(VOLUME, hex('2F2F2F2F2F2F2F 0413'))
    expect(loose(shortHeader(METER, inside, { key: KEY, blocks: 1 })).fault).toBe('apl.truncated')
    const behind = join(VOLUME, hex('2F2F2F2F2F2F2F2F2F 0413'))
    expect(loose(shortHeader(METER, behind, { key: KEY, blocks: 1 }))).toMatchObject({
      fault: null,
      notes: ['dll.unprotected', 'tpl.plain-tail', 'apl.short-tail'],
      records: [{ raw: 876543, protected: true }],
    })
  })

  it('notes a value that is none once, however many there are', () => {
    expect(read('0113 80 0113 80 019315 01 019315 01').notes).toEqual(['apl.invalid-value', 'apl.record-error'])
  })
})
