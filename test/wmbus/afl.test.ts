import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decode } from '../../src/wmbus/decode.ts'
import { aesKey } from '../../src/wmbus/security.ts'
import { type AflFields, afl, derive, macOf, mode7 } from '../support/sessions.ts'
import { ellPlain, hex, join, noHeader, type Sender, shortHeader, stripped } from '../support/telegrams.ts'

const METER: Sender = { manufacturer: 'ELS', id: '12345678', version: 0x33, type: 0x03 }
const KEY = hex('000102030405060708090A0B0C0D0E0F')
const RECORDS = hex('0C1427048502')
const COUNTER = 0x0ab3

const open = (content: Uint8Array, key: Uint8Array | null = KEY) => decode(stripped(METER, content), 'stripped', key && aesKey(key))
const authentication = derive(KEY, 1, COUNTER, METER)

/** AT → bytes of AES-CMAC (EN 13757-7). */
const CODES = [
  [3, 2],
  [4, 4],
  [5, 8],
  [6, 12],
  [7, 16],
] as const

/** A whole message whose MAC is cut to `size`. */
function message(f: AflFields, size: number, body: Uint8Array, key = authentication): Uint8Array {
  return join(afl({ ...f, mac: macOf(f, body, key).subarray(0, size) }), body)
}

describe('authentication and fragmentation layer', () => {
  it.each(CODES)('checks a code of authentication type %i, %i bytes', (type, size) => {
    const d = open(message({ control: 0x20 | type, counter: COUNTER }, size, shortHeader(METER, RECORDS)))
    expect(d).toMatchObject({ fault: null, mac: 'right', afl: { macLength: size, messageCounter: COUNTER }, messageCounter: COUNTER })
  })

  it('covers key information and message length where they are sent', () => {
    const body = shortHeader(METER, RECORDS)
    const fields = { control: 0x65, keyInformation: 0x0110, counter: COUNTER, length: body.length }
    const d = open(ellPlain(message(fields, 8, body)))
    expect(d).toMatchObject({ fault: null, mac: 'right', afl: { keyInformation: 0x0110, messageLength: body.length } })
  })

  it('takes the key itself where the key information selects no derivation', () => {
    const d = open(message({ control: 0x35, keyInformation: 0x0101, counter: COUNTER }, 8, shortHeader(METER, RECORDS), KEY))
    expect(d.mac).toBe('right')
  })

  it('notes a wrong code and goes on: policy decides what it is worth', () => {
    const content = message({ control: 0x25, counter: COUNTER }, 8, shortHeader(METER, RECORDS))
    content[content.length - 1]! ^= 1
    const d = open(content)
    expect(d).toMatchObject({ fault: null, mac: 'wrong', notes: ['afl.mac-wrong'] })
    expect(d.records).toHaveLength(1)
  })

  it('tells no code from a code that nobody can check', () => {
    const body = shortHeader(METER, RECORDS)
    expect(open(join(afl({ control: 0x20, counter: COUNTER }), body))).toMatchObject({ fault: null, mac: 'none', notes: [] })
    const gmac = afl({ control: 0x28, counter: COUNTER, mac: new Uint8Array(12) })
    expect(open(join(gmac, body))).toMatchObject({ fault: null, mac: 'none', notes: ['afl.mac-unsupported'] })
    expect(open(message({ control: 0x25 }, 8, body)).notes).toEqual(['afl.mac-unsupported'])
    expect(open(message({ control: 0x25, counter: COUNTER }, 8, body), null)).toMatchObject({ fault: null, mac: 'none' })
  })

  it('computes the code over what was received, before decryption', () => {
    const body = mode7(RECORDS, derive(KEY, 0, COUNTER, METER))
    const d = open(message({ control: 0x25, counter: COUNTER }, 8, body))
    expect(d).toMatchObject({ fault: null, mac: 'right', encryption: 'aes-cbc' })
  })

  it.each([
    ['the layer is longer than the frame', hex('90 0F 002C 25 B30A0000'), 'afl.truncated'],
    ['the length leaves bytes over', hex('90 08 0028 25 B30A0000 00'), 'afl.length'],
    ['the length cuts the last field', hex('90 06 0028 25 B30A0000 00'), 'afl.length'],
    ['the frame ends behind the CI', hex('90'), 'afl.truncated'],
  ])('is a fault where %s', (_, layer, fault) => {
    expect(open(layer).fault).toBe(fault)
    expect(open(join(layer, noHeader(RECORDS))).fault).not.toBeNull()
  })

  it('stops at a fragment', () => {
    for (const fields of [{ fragment: 1, more: true }, { fragment: 2, more: true }, { fragment: 3 }]) {
      expect(open(join(afl(fields), RECORDS)).fault).toBe('afl.fragment')
    }
    expect(open(join(afl({ fragment: 1 }), noHeader(RECORDS))).fault).toBeNull()
  })

  it('never lets a changed bit pass as right, from the message control field on', () => {
    const content = message({ control: 0x25, counter: COUNTER }, 8, shortHeader(METER, RECORDS))
    fc.assert(
      fc.property(fc.integer({ min: 4 * 8, max: content.length * 8 - 1 }), (bit) => {
        const changed = content.slice()
        changed[bit >> 3]! ^= 1 << (bit & 7)
        expect(open(changed).mac).not.toBe('right')
      }),
    )
  })
})
