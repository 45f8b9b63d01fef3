import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decode } from '../../src/wmbus/decode.ts'
import { aesKey } from '../../src/wmbus/security.ts'
import { afl, derive, mode10 } from '../support/sessions.ts'
import { hex, join, type Sender, stripped } from '../support/telegrams.ts'

const METER: Sender = { manufacturer: 'KAW', id: '53820306', version: 0x3c, type: 0x16 }
const KEY = hex('BF902DD6DFADAFE83E4AE6832B5FA14C')
const COUNTER = 0x0e578c
/** Plain records of a KAW water meter's telegram in mode 10 (wmbusmeters issue 1667). */
const RECORDS = hex('046D1C2A2F3C 041500000000 02FF250104 06FF1BFFFFFFFFFFFF 446D0020213C 441500000000')

const secret = derive(KEY, 0, COUNTER, METER)
const telegram = (records: Uint8Array = RECORDS): Uint8Array => stripped(METER, mode10(records, secret, COUNTER, METER))
const open = (bytes: Uint8Array, key: Uint8Array | null = KEY) => decode(bytes, 'stripped', key && aesKey(key))

describe('security mode 10', () => {
  it('derives the key that the public telegram has', () => {
    expect(secret).toEqual(hex('B3FAAED774AD70EAA3135A5B31242D13'))
  })

  it('opens, and the tag proves it', () => {
    const d = open(telegram())
    expect(d).toMatchObject({ fault: null, encryption: 'aes-ccm', mac: 'right', messageCounter: COUNTER })
    expect(d.records).toHaveLength(6)
    expect(d.records.every((r) => r.protected)).toBe(true)
  })

  it('opens records of any length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 220 }), (text) => {
        const d = open(telegram(join(hex('0D7F'), [text.length % 0xc0], text.subarray(0, text.length % 0xc0))))
        expect(d).toMatchObject({ fault: null, mac: 'right' })
      }),
      { numRuns: 30 },
    )
  })

  it('is a fault with any bit changed behind the link layer, and with another key', () => {
    const bytes = telegram()
    fc.assert(
      fc.property(fc.integer({ min: 11 * 8, max: bytes.length * 8 - 1 }), (bit) => {
        const changed = bytes.slice()
        changed[bit >> 3]! ^= 1 << (bit & 7)
        const d = open(changed)
        expect(d.mac === 'right' && d.fault === null).toBe(false)
      }),
    )
    expect(open(bytes, hex('00'.repeat(16)))).toMatchObject({ fault: 'tpl.key-wrong', mac: 'none', encryption: 'none' })
    expect(open(bytes, null).fault).toBe('tpl.key-missing')
  })

  it('does not make up for a wrong code of the authentication layer', () => {
    const layer = afl({ control: 0x25, counter: COUNTER, mac: new Uint8Array(8) })
    const d = open(stripped(METER, join(layer, mode10(RECORDS, secret, COUNTER, METER))))
    expect(d).toMatchObject({ fault: null, encryption: 'aes-ccm', mac: 'wrong', notes: ['afl.mac-wrong'] })
  })

  it('takes only what public telegrams show', () => {
    const faultOf = (change: (bytes: Uint8Array) => void) => {
      const bytes = telegram()
      change(bytes)
      return open(bytes).fault
    }
    const [lengthAt, extensionAt] = [13, 15]
    expect(faultOf((b) => b.set([RECORDS.length], lengthAt))).toBe('tpl.key-wrong')
    expect(faultOf((b) => b.set([16], lengthAt))).toBe('tpl.mode-unsupported')
    expect(faultOf((b) => b.set([0x10, 0x02], extensionAt))).toBe('tpl.mode-unsupported')
    expect(open(stripped(METER, hex('7A 30 10 FF2A 1001 8C570E00 010203'))).fault).toBe('tpl.too-short')
    expect(open(stripped(METER, hex('7A 30 10 FF0A 1001 0102030405060708090A'))).fault).toBe('tpl.counter-missing')
  })
})
