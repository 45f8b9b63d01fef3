import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { address, decode, frame, open as openLayers } from '../../src/wmbus/decode.ts'
import { KAMSTRUP_FORMATS } from '../../src/wmbus/formats.ts'
import type { DataRecord } from '../../src/wmbus/record.ts'
import { aesKey } from '../../src/wmbus/security.ts'
import { recordValue } from '../../src/wmbus/value.ts'
import {
  bcd,
  crc16,
  dib,
  ellSession,
  hex,
  hexOf,
  integer,
  join,
  noHeader,
  real,
  type Sender,
  shortHeader,
  stripped,
  text,
} from '../support/telegrams.ts'

const KAM: Sender = { manufacturer: 'KAM', id: '67051489', version: 0x30, type: 0x0c }
const CEN: Sender = { manufacturer: 'CEN', id: '12345678', version: 1, type: 4 }

const open = (content: Uint8Array, headers?: Uint8Array, sender = CEN) =>
  decode(stripped(sender, content), 'stripped', null, headers && (() => headers))
const values = (records: readonly DataRecord[]) => records.map(recordValue)

/** EN 13757-3, G.5.2 and G.5.3: the same records in a full frame, a format frame and a compact frame. */
const HEADERS = hex('02020215022A')
const EXAMPLES = [
  ['without header', '78 0202D204 02152E16 022A3423', '69 08 313B 02020215022A', '79 313B 42A6 D204 2E16 3423'],
  [
    'with a short header',
    '7A 01000000 0202D204 02152E16 022A3423',
    '6A 01000000 08 313B 02020215022A',
    '7B 01000000 313B 42A6 D204 2E16 3423',
  ],
] as const

describe('compact frame', () => {
  it.each(EXAMPLES)('is the full frame of EN 13757-3 annex G, %s', (_, full, format, compact) => {
    const whole = open(hex(full))
    const d = open(hex(compact), HEADERS)
    expect(d).toMatchObject({ fault: null, notes: [], format: { signature: 0x3b31, headers: HEADERS } })
    expect(values(d.records)).toEqual([123.4, 567.8, 901.2])
    expect(values(whole.records)).toEqual(values(d.records))
    expect(d.records.map((r) => hexOf(d.bytes.subarray(r.at, r.end)))).toEqual(['0202D204', '02152E16', '022A3423'])
    expect(open(hex(format))).toMatchObject({ fault: null, notes: [], records: [], format: { signature: 0x3b31, headers: HEADERS } })
  })

  it('opens with a shipped format: MULTICAL 302, MJ (wmbusmeters issue 1242)', () => {
    const d = open(hex('79 C252 5B89 4D8800 4D8800 B81009 1F33 0000 00'), undefined, KAM)
    expect(d.fault).toBeNull()
    expect(values(d.records)).toEqual([34893, 34893, 594.104, '2024-03-31', 0, 0])
    expect(d.records[0]!.unit).toBe('MJ')
  })

  it('is read, not believed, where the payload CRC vouches for a value that was changed', () => {
    const bytes = stripped(CEN, ellSession(CEN, hex('79 313B 42A6 D304 2E16 3423')))
    expect(decode(bytes, 'stripped', null, () => HEADERS)).toMatchObject({ fault: null, notes: ['apl.compact-crc-mismatch'] })
    expect(openLayers(address(frame(bytes, 'stripped')), null, () => HEADERS).fault).toBe('apl.compact-crc')
  })

  it('names a signature nobody knows', () => {
    expect(open(hex('79 313B 42A6 D204 2E16 3423'))).toMatchObject({
      fault: 'apl.compact-unknown',
      records: [],
      format: { signature: 0x3b31, headers: null },
    })
  })

  it.each([
    ['other data', '79 313B 42A6 D304 2E16 3423', 'apl.compact-crc'],
    ['too little data', '79 313B 42A6 D204 2E16 34', 'apl.truncated'],
    ['more data than headers', '79 313B 42A6 D204 2E16 3423 00', 'apl.record'],
    ['no room for signature and CRC', '79 313B 42', 'apl.truncated'],
  ])('is a fault with %s', (_, content, fault) => {
    expect(open(hex(content), HEADERS).fault).toBe(fault)
  })

  it('is a fault under headers that are none', () => {
    expect(open(hex('79 313B 42A6 D204'), hex('0202 02')).fault).toBe('apl.truncated')
  })

  it('stands behind 2F2F in security mode 5; data behind the encrypted blocks are not protected', () => {
    const key = hex('000102030405060708090A0B0C0D0E0F')
    const headers = hex('02020215022A 0413 0206')
    const data = hex('D204 2E16 3423 01000000 0500')
    const full = hex('0202D204 02152E16 022A3423 041301000000 02060500')
    const body = join(integer(crc16(headers), 2), integer(crc16(full), 2), data)
    const opened = (blocks: number) => {
      const content = shortHeader(CEN, body, { ci: 0x7b, key, blocks })
      return decode(stripped(CEN, content), 'stripped', aesKey(key), () => headers)
    }
    expect(opened(2)).toMatchObject({ fault: null, encryption: 'aes-cbc', notes: [] })
    expect(opened(2).records.map((r) => r.protected)).toEqual([true, true, true, true, true])
    expect(opened(1)).toMatchObject({ fault: null, encryption: 'aes-cbc', notes: ['tpl.plain-tail'] })
    expect(opened(1).records.map((r) => r.protected)).toEqual([true, true, true, true, false])
  })

  it('reads what the full frame reads, with the same bytes, whatever the records are', () => {
    const datum: fc.Arbitrary<[coding: number, data: Uint8Array]> = fc.oneof(
      fc.integer({ min: -30000, max: 30000 }).map((n): [number, Uint8Array] => [2, integer(n, 2)]),
      fc.integer().map((n): [number, Uint8Array] => [4, integer(n, 4)]),
      fc.bigInt(-(2n ** 62n), 2n ** 62n).map((n): [number, Uint8Array] => [7, integer(n, 8)]),
      fc.nat(99_999_999).map((n): [number, Uint8Array] => [12, bcd(n, 4)]),
      fc.float({ noNaN: true, noDefaultInfinity: true }).map((n): [number, Uint8Array] => [5, real(n)]),
      fc.string({ maxLength: 12 }).map((s): [number, Uint8Array] => [13, text(s.replace(/[^ -~]/g, '.'))]),
    )
    const record = fc.record({
      datum,
      storage: fc.nat(300),
      tariff: fc.nat(3),
      vib: fc.constantFrom('06', '13', '2D', 'FF21', 'FB08', '863C', 'FC0348522574'),
    })
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 8 }), (list) => {
        const parts = list.map(({ datum: [coding, data], storage, tariff, vib }) => ({
          header: join(dib({ coding, storage, tariff }), hex(vib)),
          data,
        }))
        const headers = join(...parts.map((p) => p.header))
        const records = join(...parts.flatMap((p) => [p.header, p.data]))
        const compact = join(integer(crc16(headers), 2), integer(crc16(records), 2), ...parts.map((p) => p.data))
        fc.pre(compact.length < 240 && records.length < 240)
        const whole = open(noHeader(records))
        const d = open(noHeader(compact, 0x79), headers)
        expect(d.fault).toBe(whole.fault)
        const described = ({ records: list, bytes }: typeof d) =>
          list.map(({ at, dataAt, end, ...r }) => ({
            ...r,
            header: hexOf(bytes.subarray(at, dataAt)),
            data: hexOf(bytes.subarray(dataAt, end)),
          }))
        expect(described(d)).toEqual(described(whole))
      }),
    )
  })

  it('never throws and ends, whatever headers and data are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ maxLength: 60 }), (headers, data) => {
        open(join([0x79], data), headers)
        open(join([0x69], data))
      }),
    )
  })
})

describe('format frame', () => {
  it.each([
    ['another signature', '69 08 303B 02020215022A', 'apl.compact-crc'],
    ['a length beyond the frame', '69 09 313B 02020215022A', 'apl.truncated'],
    ['a header that is cut', `69 05 ${hexOf(integer(crc16(hex('0202FD')), 2))} 0202FD`, 'apl.record'],
    ['manufacturer data among the headers', `69 05 ${hexOf(integer(crc16(hex('0F0202')), 2))} 0F0202`, 'apl.record'],
    ['records behind it', '69 08 313B 02020215022A 0102', 'apl.record'],
  ])('is a fault with %s', (_, content, fault) => {
    expect(open(hex(content)).fault).toBe(fault)
  })
})

describe('shipped formats', () => {
  it.each(KAMSTRUP_FORMATS)('%i is the CRC of its headers, which are a format', (signature, headers) => {
    const bytes = hex(headers)
    expect(crc16(bytes)).toBe(signature)
    expect(open(join([0x69, bytes.length + 2], integer(signature, 2), bytes)).fault).toBeNull()
  })

  it('have one meaning each, and are those of one manufacturer', () => {
    expect(KAMSTRUP_FORMATS).toHaveLength(22)
    expect(new Set(KAMSTRUP_FORMATS.map(([signature]) => signature)).size).toBe(22)
    expect(open(hex('79 C252 5B89 4D8800 4D8800 B81009 1F33 0000 00'))).toMatchObject({ fault: 'apl.compact-unknown' })
  })
})
