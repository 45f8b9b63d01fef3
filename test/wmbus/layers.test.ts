import { describe, expect, it } from 'vitest'
import { address, decode, frame, open } from '../../src/wmbus/decode.ts'
import { aesKey } from '../../src/wmbus/security.ts'
import { METER } from '../support/records.ts'
import { afl } from '../support/sessions.ts'
import { crc16, ellPlain, ellSession, hex, integer, join, longHeader, noHeader, shortHeader, stripped } from '../support/telegrams.ts'

const KEY = hex('000102030405060708090A0B0C0D0E0F')
const VOLUME = hex('0B13436587')
const heard = (content: Uint8Array) => decode(stripped(METER, content), 'stripped', null)
const layers = (count: number, content: Uint8Array): Uint8Array => (count === 0 ? content : join(afl({}), layers(count - 1, content)))

describe('the layers', () => {
  it('are as many as a telegram has: a link layer, authentication, and one application', () => {
    expect(heard(ellPlain(layers(1, noHeader(VOLUME))))).toMatchObject({ fault: null, records: [{ raw: 876543 }] })
    expect(heard(layers(3, noHeader(VOLUME)))).toMatchObject({ fault: null, records: [{ raw: 876543 }] })
    expect(heard(layers(4, noHeader(VOLUME)))).toMatchObject({ fault: 'apl.ci-unsupported', records: [] })
  })

  it('that end without an application are cut off', () => {
    expect(heard(ellPlain(hex(''))).fault).toBe('tpl.truncated')
    expect(heard(layers(1, hex(''))).fault).toBe('tpl.truncated')
  })

  it('behind a network layer are not read', () => {
    expect(heard(ellPlain(join([0x81], noHeader(VOLUME))))).toMatchObject({ fault: 'nwl.unsupported', tpl: null })
  })

  it('are read no further than the first fault', () => {
    const bad = stripped(METER, noHeader(VOLUME), 0x99)
    expect(address(frame(bad, 'stripped'))).toMatchObject({ fault: 'dll.c-field', tpl: null })
    expect(open(address(frame(bad, 'stripped')), null)).toMatchObject({ fault: 'dll.c-field', records: [] })
    expect(open(address(frame(stripped(METER, hex('7A 01')), 'stripped')), null)).toMatchObject({ fault: 'tpl.truncated', records: [] })
  })

  it('behind an encrypted one are read once it is open', () => {
    const sealed = stripped(METER, ellSession(METER, shortHeader(METER, VOLUME, { accessNumber: 9 }), { key: KEY }))
    const d = address(frame(sealed, 'stripped'))
    expect(d).toMatchObject({ fault: null, sealed: true, tpl: null })
    expect(open(d, aesKey(KEY))).toMatchObject({ fault: null, sealed: false, tpl: { accessNumber: 9 }, records: [{ raw: 876543 }] })
  })
})

describe('the application layer', () => {
  it.each([
    ['an alarm without header', join([0x71], hex('0400000000'))],
    ['an alarm with a short header', shortHeader(METER, hex('0400000000'), { ci: 0x74 })],
    ['an alarm with a long header', longHeader(METER, hex('0400000000'), { ci: 0x75 })],
    ['a header without data', longHeader(METER, hex(''), { ci: 0x80 })],
    ['a short header without data', shortHeader(METER, hex(''), { ci: 0x8a })],
  ])('of %s is no reading and no fault', (_, content) => {
    expect(heard(content)).toMatchObject({ fault: null, notes: [], records: [], manufacturerFrom: -1 })
  })

  it('of an error is a fault', () => {
    expect(heard(shortHeader(METER, hex('08'), { ci: 0x6e })).fault).toBe('apl.error')
  })

  it('expands the profiles of a full frame and of a compact one', () => {
    // Volume of storage 8, and three increments of it a month apart: EN 13757-3 annex F in the records of annex G.
    const headers = hex('8404 13 8D04 93 1F')
    const [volume, profile] = [integer(1000, 4), hex('04 7102 05 06')]
    const full = join(headers.subarray(0, 3), volume, headers.subarray(3), hex('04 71FE 05 06'))
    expect(heard(noHeader(full)).records.map((r) => [r.storage, r.raw])).toEqual([
      [8, 1000],
      [8, null],
      [9, 1005],
      [10, 1011],
    ])
    const whole = join(headers.subarray(0, 3), volume, headers.subarray(3), profile)
    const compact = noHeader(join(integer(crc16(headers), 2), integer(crc16(whole), 2), volume, profile), 0x79)
    const d = decode(stripped(METER, compact), 'stripped', null, () => headers)
    expect(d.fault).toBeNull()
    expect(d.records.map((r) => [r.storage, r.raw])).toEqual([
      [8, 1000],
      [8, null],
      [9, 1005],
      [10, 1011],
    ])
  })
})

describe('a telegram that was changed since it was sent', () => {
  const HEADERS = hex('0202')
  const compact = (value: number) => hex(`79 ${hexLow(crc16(HEADERS))} ${hexLow(crc16(hex('0202D204')))} ${hexLow(value)}`)
  const hexLow = (word: number): string => Buffer.from(integer(word, 2)).toString('hex')
  const read = (content: Uint8Array, headers = HEADERS) => decode(stripped(METER, content), 'stripped', null, () => headers)

  it('is a compact frame whose payload CRC fits: only then', () => {
    expect(read(ellSession(METER, compact(1234)))).toMatchObject({ fault: null, notes: [] })
    expect(read(ellSession(METER, compact(1235)))).toMatchObject({ fault: null, notes: ['apl.compact-crc-mismatch'] })
    expect(read(ellPlain(compact(1235)))).toMatchObject({ fault: 'apl.compact-crc', notes: [] })
    expect(read(compact(1235))).toMatchObject({ fault: 'apl.compact-crc', notes: [] })
  })

  it('is none without a record', () => {
    const empty = ellSession(METER, join([0x79], integer(0xffff, 2), integer(0x1234, 2)))
    expect(read(empty, hex(''))).toMatchObject({ fault: 'apl.compact-crc', notes: [] })
  })

  it('is a decrypted log only where records stand in it', () => {
    const changed = (content: Uint8Array) => {
      const log = ellSession(METER, content, { encryption: 1 })
      return decode(stripped(METER, log.with(7, log[7]! ^ 1)), 'stripped', null)
    }
    expect(changed(noHeader(VOLUME))).toMatchObject({ fault: null, notes: ['ell.crc-mismatch'], sealed: false, records: [{ raw: 876543 }] })
    expect(changed(noHeader(hex('2F2F2F')))).toMatchObject({ fault: 'ell.key-missing', notes: [] })
    expect(changed(noHeader(join(VOLUME, hex('0F 0102'))))).toMatchObject({ fault: 'ell.key-missing', notes: [] })
    expect(changed(noHeader(hex('0B13436587 01EF05 07')))).toMatchObject({ fault: 'ell.key-missing', notes: [] })
  })
})
