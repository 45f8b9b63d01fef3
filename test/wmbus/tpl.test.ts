import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Datagram } from '../../src/wmbus/datagram.ts'
import { decode } from '../../src/wmbus/decode.ts'
import { aesKey } from '../../src/wmbus/security.ts'
import { METER } from '../support/records.ts'
import { ellPlain, hex, hexOf, join, longHeader, noHeader, type Sender, shortHeader, stripped, wired } from '../support/telegrams.ts'

const VOLUME = hex('0B13436587')
const KEY = hex('000102030405060708090A0B0C0D0E0F')
const OTHER_KEY = hex('0F0E0D0C0B0A09080706050403020100')
/** A radio converter sends for the meter. */
const CONVERTER: Sender = { manufacturer: 'ELS', id: '11223344', version: 0x55, type: 0x37 }

const heard = (content: Uint8Array, key: Uint8Array | null = null, sender: Sender = METER): Datagram =>
  decode(stripped(sender, content), 'stripped', key && aesKey(key))

const key = fc.uint8Array({ minLength: 16, maxLength: 16 })
const byte = fc.nat(255)
const opaqueOf = (d: Datagram, length: number): string => hexOf(d.bytes.subarray(d.manufacturerFrom, d.manufacturerFrom + length))

describe('the transport header', () => {
  it('is none, short or long, by its CI', () => {
    const fields = { accessNumber: 42, status: 4, configurationField: 0x2000, securityMode: 0 }
    const options = { accessNumber: 42, status: 4, configurationField: 0x2000 }
    expect(heard(noHeader(VOLUME)).tpl).toMatchObject({ ci: 0x78, header: 'none', address: null })
    expect(heard(shortHeader(METER, VOLUME, options)).tpl).toMatchObject({ ci: 0x7a, header: 'short', address: null, ...fields })
    expect(heard(longHeader(METER, VOLUME, options), null, CONVERTER).tpl).toMatchObject({
      ci: 0x72,
      header: 'long',
      address: { manufacturer: 0x0cae, id: 0x12345678, version: 1, deviceType: 4 },
      ...fields,
    })
  })

  it.each([
    ['7A', shortHeader(METER, VOLUME), 5],
    ['72', longHeader(METER, VOLUME), 13],
  ])('of CI %s cut off inside its fields is a fault at every byte', (_, content, header) => {
    for (let length = 1; length < header; length++) expect(heard(content.subarray(0, length)).fault).toBe('tpl.truncated')
  })

  it.each([
    [0x20, 'apl.ci-unsupported'],
    [0x51, 'apl.ci-unsupported'],
    [0x81, 'nwl.unsupported'],
  ])('of CI %i leads nowhere', (ci, fault) => {
    expect(heard(join([ci], VOLUME)).fault).toBe(fault)
  })

  it.each([0x6e, 0x6f, 0x70])('of CI %i brings an error of the meter, no reading', (ci) => {
    const header = ci === 0x70 ? [] : ci === 0x6e ? new Uint8Array(4) : new Uint8Array(12)
    expect(heard(join([ci], header, [8]))).toMatchObject({ fault: 'apl.error', records: [] })
  })

  it.each([0xa0, 0xa1, 0xb7])('of CI %i brings bytes of the manufacturer: kept, not read', (ci) => {
    expect(heard(join([ci], VOLUME))).toMatchObject({ fault: null, records: [], notes: ['apl.manufacturer-data'], manufacturerFrom: 11 })
  })
})

describe('security mode 5', () => {
  it('opens what AES-128-CBC sealed: the vector is the meter’s address and its access number', () => {
    fc.assert(
      fc.property(key, byte, fc.uint8Array({ minLength: 1, maxLength: 180 }), fc.boolean(), (k, accessNumber, bytes, converted) => {
        const records = join([0x0f], bytes)
        const options = { key: k, accessNumber }
        const d = converted
          ? heard(longHeader(METER, records, options), k, CONVERTER)
          : heard(ellPlain(shortHeader(METER, records, options), { accessNumber }), k)
        expect([d.fault, d.encryption, opaqueOf(d, bytes.length)]).toEqual([null, 'aes-cbc', hexOf(bytes)])
      }),
    )
  })

  it('opens a wired frame, too', () => {
    const d = decode(wired(longHeader(METER, VOLUME, { key: KEY })), 'wired', aesKey(KEY))
    expect(d).toMatchObject({ fault: null, encryption: 'aes-cbc', records: [{ raw: 876543, protected: true }] })
  })

  it('stays closed without a key, and tells a wrong one', () => {
    const sealed = shortHeader(METER, VOLUME, { key: KEY, accessNumber: 7 })
    expect(heard(sealed)).toMatchObject({ fault: 'tpl.key-missing', tpl: { accessNumber: 7, securityMode: 5 }, records: [] })
    expect(heard(sealed, OTHER_KEY)).toMatchObject({ fault: 'tpl.key-wrong', records: [] })
  })

  it('covers the announced blocks; records behind them are not protected', () => {
    const records = hex('046D 32371F15 0C14 27048502 2F2F 02FD17 0000')
    const d = heard(shortHeader(METER, records, { key: KEY, blocks: 1 }), KEY)
    expect(d).toMatchObject({ fault: null, notes: ['tpl.plain-tail'], encryption: 'aes-cbc' })
    expect(d.records.map((r) => r.protected)).toEqual([true, true, false])
  })

  it('does not protect a record of which one byte stands behind the last block', () => {
    // 2F2F, a first record of ten bytes, then a register whose last two bytes anyone could have changed.
    const records = hex('0D78 07 31323334353637 0406 11223344')
    const d = heard(shortHeader(METER, records, { key: KEY, blocks: 1 }), KEY)
    expect(d).toMatchObject({ fault: null, records: [{ protected: true }, { raw: 0x44332211, protected: false }] })
  })

  it('may announce more blocks than were received: what came is opened, and noted', () => {
    const sealed = shortHeader(METER, hex('0C14 27048502 046D 32371F15 02'), { key: KEY })
    sealed[3]! = 0x20
    expect(heard(sealed, KEY)).toMatchObject({ notes: ['tpl.partial'], records: [{ raw: 2850427 }, { text: '2008-05-31T23:50' }] })
  })

  it('with less than one block is a fault', () => {
    expect(heard(shortHeader(METER, hex('0B13436587'), { configurationField: 0x0510 }), KEY).fault).toBe('tpl.too-short')
  })

  it('with no blocks is plain', () => {
    const d = heard(shortHeader(METER, VOLUME, { configurationField: 0x0500 }), KEY)
    expect(d).toMatchObject({ fault: null, encryption: 'none', records: [{ protected: false }] })
  })

  it('of a log that was decrypted already is read, with or without the key, and noted', () => {
    const content = shortHeader(METER, join(hex('2F2F'), VOLUME, hex('2F2F2F2F2F2F2F2F2F')), { configurationField: 0x0510 })
    for (const k of [null, KEY]) {
      expect(heard(content, k)).toMatchObject({
        fault: null,
        encryption: 'none',
        notes: ['tpl.already-decrypted'],
        records: [{ raw: 876543 }],
      })
    }
  })
})

describe('another security mode', () => {
  it.each([1, 2, 3, 4, 6, 8, 9, 11, 13, 15, 16, 31])('%i is a fault, never garbage', (mode) => {
    const d = heard(shortHeader(METER, VOLUME, { configurationField: mode << 8 }), KEY)
    expect(d).toMatchObject({ fault: 'tpl.mode-unsupported', records: [] })
  })

  it('in a wired frame is what old meters left in that place: noted, and the body is read', () => {
    for (const configurationField of [0xffff, 0xb627, 0x0510]) {
      const d = decode(wired(longHeader(METER, VOLUME, { configurationField })), 'wired', null)
      expect(d).toMatchObject({ fault: null, notes: ['tpl.wired-signature'], records: [{ raw: 876543 }] })
    }
  })
})
