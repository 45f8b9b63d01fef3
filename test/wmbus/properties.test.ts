import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { examine } from '../../fuzz/examine.ts'
import { decodeInput } from '../../src/cli/decode/decoded.ts'
import { emptyDatagram } from '../../src/wmbus/datagram.ts'
import { decode } from '../../src/wmbus/decode.ts'
import { MOST_RECORDS, readRecords } from '../../src/wmbus/records.ts'
import { aesKey } from '../../src/wmbus/security.ts'
import type { CrcLayout } from '../../src/wmbus/telegram.ts'
import { METER } from '../support/records.ts'
import { frameA, frameB, stripped, wired } from '../support/telegrams.ts'

const layout = fc.constantFrom<CrcLayout[]>('A', 'B', 'AorB', 'stripped', 'wired', 'unknown')
const key = fc.uint8Array({ minLength: 16, maxLength: 16 })
/** What a meter may send behind its address, and everything else. */
const content = fc.uint8Array({ minLength: 1, maxLength: 240 })
const ci = fc.constantFrom(0x72, 0x78, 0x79, 0x7a, 0x7b, 0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x69, 0x6a, 0x6b)

describe('decoding', () => {
  it('ends and never throws, whatever the bytes and whatever is said of them', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), layout, key, (bytes, crc, k) => examine({ bytes, crc, key: k }) !== ''))
  })

  it('nor inside a right frame, behind any CI', () => {
    const frames = fc.constantFrom(
      ['A', frameA] as const,
      ['B', frameB] as const,
      ['stripped', (plain: Uint8Array) => plain] as const,
      ['wired', (plain: Uint8Array) => wired(plain.subarray(10))] as const,
    )
    fc.assert(
      fc.property(frames, ci, content, key, ([crc, encode], first, rest, k) => {
        rest[0] = first
        return examine({ bytes: encode(stripped(METER, rest)), crc, key: k }) !== ''
      }),
      { numRuns: 2000 },
    )
  })

  it('says the same of the same bytes, and leaves them as they are', () => {
    fc.assert(
      fc.property(content, ci, key, (rest, first, k) => {
        rest[0] = first
        const bytes = stripped(METER, rest)
        const before = bytes.slice()
        const once = decode(bytes, 'stripped', aesKey(k))
        expect(decode(bytes, 'stripped', aesKey(k))).toEqual(once)
        expect(bytes).toEqual(before)
      }),
    )
  })

  it('of any line of text is an answer, too', () => {
    const line = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEF |_x') }))
    fc.assert(
      fc.property(line, fc.option(line), (telegram, k) => {
        const { json } = decodeInput({ telegram, key: k })
        expect(JSON.parse(JSON.stringify(json)).ok).toBe(json.ok)
      }),
    )
  })

  it('takes no more records than a meter ever sends', () => {
    const d = { ...emptyDatagram(), bytes: new Uint8Array(2 * MOST_RECORDS + 2), end: 2 * MOST_RECORDS + 2 }
    expect(readRecords(d)).toBe('apl.record')
    expect(d.records).toHaveLength(MOST_RECORDS)
  })
})
