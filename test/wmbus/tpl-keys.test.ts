import { createCipheriv } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Datagram } from '../../src/wmbus/datagram.ts'
import { address, decode, frame } from '../../src/wmbus/decode.ts'
import { aesKey } from '../../src/wmbus/security.ts'
import { METER } from '../support/records.ts'
import { derive, mode7, mode10 } from '../support/sessions.ts'
import {
  hex,
  hexOf,
  integer,
  join,
  linkAddress,
  longHeader,
  noHeader,
  type Sender,
  shortHeader,
  stripped,
  wired,
} from '../support/telegrams.ts'

const KEY = hex('000102030405060708090A0B0C0D0E0F')
const OTHER_KEY = hex('0F0E0D0C0B0A09080706050403020100')
const CONVERTER: Sender = { manufacturer: 'ELS', id: '11223344', version: 0x55, type: 0x37 }
const VOLUME = hex('0B13436587')
const COUNTER = 0x0e578c

const heard = (content: Uint8Array, key: Uint8Array | null = KEY, sender = METER): Datagram =>
  decode(stripped(sender, content), 'stripped', key && aesKey(key))
const onWire = (content: Uint8Array, key: Uint8Array | null = KEY): Datagram => decode(wired(content), 'wired', key && aesKey(key))

describe('a key that does not open', () => {
  it.each([
    ['mode 5', shortHeader(METER, new Uint8Array(40), { key: KEY }), OTHER_KEY],
    ['mode 7', mode7(VOLUME, KEY, { extension: 0 }), OTHER_KEY],
  ])('leaves the bytes as they were received: %s', (_, content, key) => {
    const d = heard(content, key)
    expect(d).toMatchObject({ fault: 'tpl.key-wrong', encryption: 'none', plainFrom: 0, records: [] })
    expect(hexOf(d.bytes.subarray(10))).toBe(hexOf(content))
  })
})

describe('the fillers that tell the right key', () => {
  it.each(['2F00', '002F'])('are two: %s is a wrong key', (fillers) => {
    const plain = join(hex(fillers), new Uint8Array(14).fill(0x2f))
    const iv = join(linkAddress(METER), new Uint8Array(8))
    const sealed = createCipheriv('aes-128-cbc', KEY, iv).setAutoPadding(false).update(plain)
    expect(heard(shortHeader(METER, sealed, { configurationField: 0x0510 })).fault).toBe('tpl.key-wrong')
  })

  it('stand alone in a log that was decrypted already, and one byte is none of them', () => {
    const log = (bytes: string) => heard(shortHeader(METER, hex(bytes), { configurationField: 0x0510 }), null)
    expect(log('2F2F')).toMatchObject({ fault: null, notes: ['tpl.already-decrypted'], records: [] })
    expect(log('2F').fault).toBe('tpl.key-missing')
    expect(log('2F13').fault).toBe('tpl.key-missing')
    expect(log('132F').fault).toBe('tpl.key-missing')
  })
})

describe('security mode 5', () => {
  it('covers blocks to the last byte of the frame without a note', () => {
    expect(heard(shortHeader(METER, VOLUME, { key: KEY, blocks: 1 }))).toMatchObject({ fault: null, notes: [], pos: 31, plainFrom: 31 })
  })

  it('opens all fifteen blocks', () => {
    const records = join(...Array.from({ length: 34 }, (_, i) => join(hex('0413'), integer(i, 4))))
    const d = heard(shortHeader(METER, records, { key: KEY }))
    expect(d).toMatchObject({ fault: null, notes: [], tpl: { configurationField: 0x05d0 } })
    expect(d.records.map((r) => r.raw)).toEqual(Array.from({ length: 34 }, (_, i) => i))
  })

  it('in a wired frame needs the address of a long header: without one nothing is opened', () => {
    const sealed = shortHeader(METER, VOLUME, { key: KEY })
    expect(onWire(sealed)).toMatchObject({ fault: 'tpl.too-short', encryption: 'none' })
    const plain = shortHeader(METER, join(hex('2F2F'), VOLUME, new Uint8Array(9).fill(0x2f)), { configurationField: 0x0510 })
    expect(onWire(plain)).toMatchObject({ fault: null, notes: ['tpl.already-decrypted'], records: [{ raw: 876543 }] })
  })
})

describe('what old wired meters left in the place of the configuration field', () => {
  it('is not read as a security mode, with or without a key', () => {
    for (const key of [null, KEY]) {
      expect(onWire(longHeader(METER, VOLUME, { configurationField: 0x0900 }), key)).toMatchObject({
        fault: null,
        notes: ['tpl.wired-signature'],
        records: [{ raw: 876543 }],
      })
    }
  })

  it('is taken for a security mode where there is a key for it', () => {
    const d = onWire(longHeader(METER, VOLUME, { configurationField: 0x0510 }))
    expect(d).toMatchObject({ fault: 'tpl.too-short', notes: [] })
  })

  it('says nothing where it is no mode, nor on the air', () => {
    expect(onWire(longHeader(METER, VOLUME), null)).toMatchObject({ fault: null, notes: [] })
    expect(heard(shortHeader(METER, VOLUME), null)).toMatchObject({ fault: null, notes: [] })
  })
})

describe('the extension of the configuration field', () => {
  it('tells a key version where its bit says so', () => {
    const sent = (extension: number, o = {}) => heard(mode7(VOLUME, derive(KEY, 0, 9, METER), { extension, counter: 9, ...o }))
    expect(sent(0x10)).toMatchObject({ fault: null, tpl: { configurationExtension: 0x10, keyVersion: null } })
    expect(sent(0x50, { keyVersion: 0x81 })).toMatchObject({ fault: null, tpl: { configurationExtension: 0x50, keyVersion: 0x81 } })
  })

  it.each([
    ['mode 7, field', '7A 75 00 1007'],
    ['mode 7, counter', '7A 75 00 1027 10 010203'],
    ['mode 7, key version', '7A 75 00 1007 50'],
    ['mode 10, field', '7A 75 00 FF0A 10'],
    ['mode 10, counter', '7A 75 00 FF2A 1001 010203'],
  ])('cut off in %s is a fault', (_, content) => {
    expect(heard(hex(content)).fault).toBe('tpl.truncated')
  })

  it('is none in the other modes: the data begin behind the configuration field', () => {
    expect(heard(shortHeader(METER, VOLUME, { configurationField: 0x2000 }))).toMatchObject({
      fault: null,
      messageCounter: null,
      tpl: { configurationExtension: 0, keyVersion: null },
      records: [{ raw: 876543 }],
    })
  })

  it.each([0x20, 0x30])('names derivations that nobody has described: %i', (extension) => {
    expect(heard(mode7(VOLUME, KEY, { extension, counter: 1 })).fault).toBe('tpl.mode-unsupported')
    const sealed = mode10(VOLUME, KEY, COUNTER, METER)
    expect(heard(sealed.with(5, extension)).fault).toBe('tpl.mode-unsupported')
  })
})

describe('security mode 10', () => {
  /** CI 72: the address in the header is authenticated, too. */
  function longMode10(records: Uint8Array, key: Uint8Array, field = 0x2aff): Uint8Array {
    const addressed = longHeader(METER, hex(''), { accessNumber: 0x75 }).subarray(0, 11)
    const header = join(addressed, integer(field, 2), integer(0x0110, 2))
    const cipher = createCipheriv('aes-128-ccm', key, join(linkAddress(METER), [0], integer(COUNTER, 4).reverse()), { authTagLength: 8 })
    cipher.setAAD(header, { plaintextLength: records.length })
    const text = cipher.update(records)
    cipher.final()
    return join(header, integer(COUNTER, 4), text, cipher.getAuthTag())
  }
  const secret = derive(KEY, 0, COUNTER, METER)

  it('covers the address of a long header, whoever sends', () => {
    const content = longMode10(VOLUME, secret)
    expect(heard(content, KEY, CONVERTER)).toMatchObject({ fault: null, mac: 'right', encryption: 'aes-ccm', records: [{ raw: 876543 }] })
    for (const at of [1, 5, 7, 8, 9, 10]) expect(heard(content.with(at, content[at]! ^ 1), KEY, CONVERTER).fault).toBe('tpl.key-wrong')
  })

  it('ends where its tag begins, and protects all of it', () => {
    const d = heard(mode10(VOLUME, secret, COUNTER, METER))
    expect(d).toMatchObject({ fault: null, end: d.bytes.length - 8, plainFrom: d.bytes.length - 8, notes: [] })
    expect(d.records.map((r) => r.protected)).toEqual([true])
  })

  it('may announce how many bytes it covers', () => {
    expect(heard(longMode10(VOLUME, secret, 0x2a00 | VOLUME.length), KEY, CONVERTER).fault).toBeNull()
    expect(heard(longMode10(VOLUME, secret, 0x2a00 | (VOLUME.length + 1)), KEY, CONVERTER).fault).toBe('tpl.mode-unsupported')
  })

  it('may cover nothing but its header', () => {
    expect(heard(mode10(hex(''), secret, COUNTER, METER))).toMatchObject({ fault: null, mac: 'right', records: [] })
    expect(heard(mode10(hex(''), secret, COUNTER, METER).subarray(0, -1)).fault).toBe('tpl.too-short')
  })

  it('has a tag of eight bytes', () => {
    for (const size of [0, 2, 3, 15]) {
      expect(heard(mode10(VOLUME, secret, COUNTER, METER).with(6, size)).fault).toBe('tpl.mode-unsupported')
    }
  })

  it('needs an address: a wired frame with a short header has none', () => {
    expect(onWire(mode10(VOLUME, secret, COUNTER, METER)).fault).toBe('tpl.mode-unsupported')
  })

  it('with a counter only in the header of nobody has no nonce', () => {
    expect(heard(hex('7A 75 00 FF0A 0001 0102030405060708 0102')).fault).toBe('tpl.counter-missing')
  })
})

it('a datagram without transport layer has nothing to open', () => {
  expect(address(frame(stripped(METER, noHeader(VOLUME)), 'stripped'))).toMatchObject({
    fault: null,
    tpl: { at: 10, ci: 0x78, accessNumber: 0, status: 0, configurationField: 0, securityMode: 0, keyVersion: null },
  })
})
