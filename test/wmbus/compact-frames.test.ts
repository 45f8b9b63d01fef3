import { describe, expect, it } from 'vitest'
import { headersOf } from '../../src/wmbus/compact.ts'
import { decode } from '../../src/wmbus/decode.ts'
import { aesKey } from '../../src/wmbus/security.ts'
import { METER, read } from '../support/records.ts'
import { crc16, ellSession, hex, hexOf, integer, join, noHeader, shortHeader, stripped } from '../support/telegrams.ts'

const KEY = hex('000102030405060708090A0B0C0D0E0F')
const HEADERS = hex('0202 0215 022A')
const FULL = hex('0202D204 02152E16 022A3423')
const DATA = hex('D204 2E16 3423')

/** Signature, CRC of the full frame, data. */
const compact = (headers: Uint8Array, full: Uint8Array, data: Uint8Array): Uint8Array =>
  join(integer(crc16(headers), 2), integer(crc16(full), 2), data)
const heard = (content: Uint8Array, headers: Uint8Array | undefined, crc: 'stripped' | 'unknown' = 'stripped') =>
  decode(stripped(METER, content), crc, aesKey(KEY), () => headers)

describe('the full frame in place of a compact one', () => {
  it('ends with its last record, and nothing stands behind it', () => {
    const d = heard(noHeader(compact(HEADERS, FULL, DATA), 0x79), HEADERS)
    expect(hexOf(d.bytes.subarray(0, 15))).toBe(
      hexOf(stripped(METER, noHeader(compact(HEADERS, FULL, hex('')), 0x79)).with(0, d.bytes[0]!)),
    )
    expect(hexOf(d.bytes.subarray(15, d.end))).toBe(hexOf(FULL))
    expect([d.pos, d.end, d.records.at(-1)!.end]).toEqual([27, 27, 27])
    expect(d.plainFrom).toBe(0)
  })

  it('is protected as far as the compact one was', () => {
    const whole = heard(ellSession(METER, noHeader(compact(HEADERS, FULL, DATA), 0x79), { key: KEY }), HEADERS)
    expect(whole).toMatchObject({ fault: null, encryption: 'ell-ctr', plainFrom: whole.end })
    const filled = heard(shortHeader(METER, compact(HEADERS, FULL, DATA), { ci: 0x7b, key: KEY, blocks: 1 }), HEADERS)
    expect(filled.records.map((r) => [r.protected, r.raw])).toEqual([
      [true, 1234],
      [true, 5678],
      [true, 9012],
    ])
    expect(filled.plainFrom).toBe(filled.records[2]!.end)
  })

  it('may end in fillers of the cipher, and in a rest of loose hex, noted', () => {
    const filled = heard(shortHeader(METER, compact(HEADERS, FULL, DATA), { ci: 0x7b, key: KEY }), HEADERS)
    expect(filled).toMatchObject({ fault: null, notes: [] })
    const longer = noHeader(compact(HEADERS, FULL, join(DATA, [0x5a, 0xa5])), 0x79)
    expect(heard(longer, HEADERS, 'unknown')).toMatchObject({ fault: null, notes: ['dll.unprotected', 'apl.short-tail'] })
    expect(heard(longer, HEADERS).fault).toBe('apl.record')
    expect(heard(noHeader(compact(HEADERS, FULL, join(DATA, [1, 2, 3])), 0x79), HEADERS, 'unknown').fault).toBe('apl.record')
    expect(heard(noHeader(compact(HEADERS, FULL, join(DATA, [0x2f, 0x2f])), 0x79), HEADERS)).toMatchObject({ fault: null, notes: [] })
  })

  it('without records has the CRC of nothing', () => {
    expect(heard(noHeader(compact(hex(''), hex(''), hex('')), 0x79), hex(''))).toMatchObject({ fault: null, records: [], pos: 15 })
  })

  it('keeps what was read before its data end', () => {
    const d = heard(noHeader(compact(HEADERS, FULL, DATA.subarray(0, 5)), 0x79), HEADERS)
    expect(d).toMatchObject({ fault: 'apl.truncated', records: [{ raw: 1234 }, { raw: 5678 }] })
  })

  it('is looked for by the signature it names', () => {
    const asked: number[] = []
    decode(stripped(METER, noHeader(compact(HEADERS, FULL, DATA), 0x79)), 'stripped', null, (_, signature) => {
      asked.push(signature)
      return undefined
    })
    expect(asked).toEqual([0x3b31])
  })

  it('needs signature and CRC', () => {
    for (const length of [0, 1, 2, 3]) {
      const d = heard(noHeader(compact(HEADERS, FULL, DATA).subarray(0, length), 0x79), HEADERS)
      expect(d).toMatchObject({ fault: 'apl.truncated', format: null })
    }
  })
})

describe('a format frame', () => {
  const format = (length: number, ...parts: Uint8Array[]) => heard(noHeader(join([length], ...parts), 0x69), undefined)
  const signature = (headers: Uint8Array) => integer(crc16(headers), 2)

  it('is as long as its length says, counted from behind it', () => {
    expect(format(8, signature(HEADERS), HEADERS)).toMatchObject({
      fault: null,
      format: { signature: 0x3b31, headers: HEADERS },
      records: [],
    })
    expect(format(8, signature(HEADERS), HEADERS.subarray(0, 5)).fault).toBe('apl.truncated')
    expect(format(8, signature(HEADERS), HEADERS, hex('2F2F')).fault).toBeNull()
    expect(format(2, hex('FFFF'))).toMatchObject({ fault: null, format: { signature: 0xffff, headers: new Uint8Array(0) } })
  })

  it.each([0, 1])('of length %i has no room for its signature', (length) => {
    expect(format(length, hex('FFFF'))).toMatchObject({ fault: 'apl.truncated', format: null })
    expect(format(length, hex(''))).toMatchObject({ fault: 'apl.truncated', format: null })
  })

  it('keeps the headers it names though its signature is another: for eyes', () => {
    expect(format(8, hex('0000'), HEADERS)).toMatchObject({ fault: 'apl.compact-crc', format: { signature: 0, headers: HEADERS } })
  })

  it.each(['2F', '0F', '1F', '7F', '02FD', '02FDFD', '0280'])('may not hold %s, which is no header', (headers) => {
    const bytes = hex(headers)
    expect(format(bytes.length + 2, signature(bytes), bytes).fault).toBe('apl.record')
  })
})

describe('the headers of a full frame', () => {
  it('are those of its records, in order', () => {
    expect(hexOf(headersOf(read(FULL)))).toBe(hexOf(HEADERS))
    expect(hexOf(headersOf(read('2F2F 8C1013 00000000 2F 0DFD11 02 4142 04937D 01000000')))).toBe('8C10130DFD1104937D')
    expect(hexOf(headersOf(read('2F2F')))).toBe('')
  })

  it('open the compact frame of the same records', () => {
    const d = heard(noHeader(compact(HEADERS, FULL, DATA), 0x79), headersOf(read(FULL)))
    expect(d.records.map((r) => r.raw)).toEqual(read(FULL).records.map((r) => r.raw))
  })
})
