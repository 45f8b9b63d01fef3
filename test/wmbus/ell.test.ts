import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Datagram } from '../../src/wmbus/datagram.ts'
import { decode } from '../../src/wmbus/decode.ts'
import { aesKey } from '../../src/wmbus/security.ts'
import { METER } from '../support/records.ts'
import { ellPlain, ellSession, hex, hexOf, join, noHeader, type Sender, stripped } from '../support/telegrams.ts'

const VOLUME = noHeader(hex('0B13436587'))
const KEY = hex('000102030405060708090A0B0C0D0E0F')
const OTHER_KEY = hex('0F0E0D0C0B0A09080706050403020100')
const PARTNER: Sender = { manufacturer: 'ELS', id: '87654321', version: 2, type: 0x31 }

const heard = (content: Uint8Array, key: Uint8Array | null = null): Datagram =>
  decode(stripped(METER, content), 'stripped', key && aesKey(key))

const key = fc.uint8Array({ minLength: 16, maxLength: 16 })
/** DIF 0F: what follows is handed on as it is, so that every byte can be looked at. */
const opaque = (bytes: Uint8Array): Uint8Array => noHeader(join([0x0f], bytes))
const opaqueOf = (d: Datagram): string => hexOf(d.bytes.subarray(d.manufacturerFrom))

describe('the extended link layer', () => {
  it.each([
    ['8C', ellPlain(VOLUME, { communicationControl: 0x20, accessNumber: 39 }), null, null],
    ['8D', ellSession(METER, VOLUME, { communicationControl: 0x20, accessNumber: 39, session: 0x21d69c2 }), null, 0x21d69c2],
    ['8E', ellPlain(VOLUME, { communicationControl: 0x20, accessNumber: 39, partner: PARTNER }), 0x87654321, null],
    ['8F', ellSession(METER, VOLUME, { accessNumber: 39, session: 7, partner: PARTNER }), 0x87654321, 7],
  ])('CI %s is read and leads to the application', (ci, content, partner, sessionNumber) => {
    const d = heard(content)
    expect(d).toMatchObject({ fault: null, notes: [], encryption: 'none', records: [{ raw: 876543, exponent: -3 }] })
    expect(d.ell).toMatchObject({ ci: Number.parseInt(ci, 16), communicationControl: 0x20, accessNumber: 39, sessionNumber })
    expect(d.ell!.partner?.id ?? null).toBe(partner)
  })

  it('opens what AES-128-CTR sealed, whatever the length', () => {
    fc.assert(
      fc.property(key, fc.uint8Array({ minLength: 1, maxLength: 220 }), fc.nat(2 ** 29 - 1), (k, bytes, session) => {
        const d = heard(ellSession(METER, opaque(bytes), { key: k, session }), k)
        expect([d.fault, d.encryption, opaqueOf(d)]).toEqual([null, 'ell-ctr', hexOf(bytes)])
      }),
    )
  })

  it('opens what a repeater sent on: hop and repeat bits are no part of the counter', () => {
    const content = ellSession(METER, VOLUME, { key: KEY, communicationControl: 0x20 })
    content[1]! |= 0x12
    expect(heard(content, KEY)).toMatchObject({ fault: null, ell: { communicationControl: 0x32 } })
  })

  it('stays closed without a key, and what was read stays for eyes', () => {
    const d = heard(ellSession(METER, VOLUME, { key: KEY, session: 5 }))
    expect(d).toMatchObject({ fault: 'ell.key-missing', ell: { sessionNumber: 0x2000_0005 }, tpl: null, records: [] })
  })

  it('tells a wrong key by the payload CRC', () => {
    expect(heard(ellSession(METER, VOLUME, { key: KEY }), OTHER_KEY)).toMatchObject({ fault: 'ell.key-wrong', records: [] })
  })

  it('tells one flipped bit behind the session number, encrypted or not', () => {
    const sealed = ellSession(METER, VOLUME, { key: KEY })
    const plain = ellSession(METER, VOLUME)
    for (let bit = 8 * 7; bit < 8 * sealed.length; bit++) {
      for (const [content, fault] of [
        [sealed, 'ell.key-wrong'],
        [plain, 'ell.crc'],
      ] as const) {
        const damaged = content.slice()
        damaged[bit >> 3]! ^= 1 << (bit & 7)
        expect(heard(damaged, KEY).fault, `bit ${bit}`).toBe(fault)
      }
    }
  })

  it('of a log that was decrypted already is read, with or without the key, and noted', () => {
    const content = ellSession(METER, VOLUME, { encryption: 1 })
    for (const k of [null, KEY]) {
      expect(heard(content, k)).toMatchObject({
        fault: null,
        encryption: 'none',
        notes: ['ell.already-decrypted'],
        records: [{ raw: 876543, protected: false }],
      })
    }
  })

  it.each([2, 3, 7])('with encryption %i is not understood', (encryption) => {
    expect(heard(ellSession(METER, VOLUME, { encryption }), KEY).fault).toBe('ell.encryption')
  })

  it('of CI 86 is not public', () => {
    expect(heard(join([0x86], VOLUME)).fault).toBe('ell.unsupported')
  })

  it.each([
    ['8C', ellPlain(VOLUME), 3],
    ['8D', ellSession(METER, VOLUME, { key: KEY }), 9],
    ['8E', ellPlain(VOLUME, { partner: PARTNER }), 11],
    ['8F', ellSession(METER, VOLUME, { key: KEY, partner: PARTNER }), 17],
  ])('CI %s cut off inside its fields is a fault at every byte', (_, content, header) => {
    for (let length = 1; length < header; length++) expect(heard(content.subarray(0, length), KEY).fault).toBe('ell.truncated')
  })

  it('behind itself is no telegram, encrypted or not', () => {
    expect(heard(ellPlain(ellPlain(VOLUME))).fault).toBe('apl.ci-unsupported')
    const sealed = ellSession(METER, ellSession(METER, VOLUME, { key: KEY, session: 1 }), { key: KEY, session: 2 })
    expect(heard(sealed, KEY)).toMatchObject({ fault: 'apl.ci-unsupported', records: [] })
  })
})
