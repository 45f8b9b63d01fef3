import { describe, expect, it } from 'vitest'
import { address, decode, frame as frameOf } from '../../src/wmbus/decode.ts'
import { aesKey } from '../../src/wmbus/security.ts'
import { METER } from '../support/records.ts'
import { ellPlain, ellSession, hex, hexOf, join, noHeader, type Sender, shortHeader, stripped, wired } from '../support/telegrams.ts'

const KEY = hex('000102030405060708090A0B0C0D0E0F')
const OTHER_KEY = hex('0F0E0D0C0B0A09080706050403020100')
const PARTNER: Sender = { manufacturer: 'ELS', id: '87654321', version: 2, type: 0x31 }
const VOLUME = noHeader(hex('0B13436587'))
const heard = (content: Uint8Array, key: Uint8Array | null = null) => decode(stripped(METER, content), 'stripped', key && aesKey(key))

describe('the payload CRC of the extended link layer', () => {
  it('may cover nothing; then no transport layer follows', () => {
    expect(heard(ellSession(METER, hex('')))).toMatchObject({ fault: 'tpl.truncated', ell: { sessionNumber: 0 } })
    expect(heard(ellSession(METER, hex(''), { key: KEY }), KEY)).toMatchObject({ fault: 'tpl.truncated', encryption: 'ell-ctr' })
  })

  it('of which one byte is there is cut off, not wrong', () => {
    expect(heard(ellSession(METER, hex('')).subarray(0, -1)).fault).toBe('ell.truncated')
    expect(heard(ellSession(METER, hex('')).subarray(0, -2)).fault).toBe('ell.truncated')
  })

  it('stands low byte first', () => {
    const content = ellSession(METER, VOLUME)
    const swapped = content.slice()
    swapped.set([content[8]!, content[7]!], 7)
    expect(heard(swapped).fault).toBe('ell.crc')
  })

  it('is not looked for in an extended link layer without a session', () => {
    expect(heard(ellPlain(VOLUME))).toMatchObject({ fault: null, sealed: false, encryption: 'none', plainFrom: 0 })
  })

  it('that fits to the end leaves no note, and two rests are noted once', () => {
    const plain = stripped(METER, ellSession(METER, VOLUME))
    expect(decode(plain, 'unknown', null)).toMatchObject({ fault: null, notes: ['dll.unprotected'], end: plain.length })
    const inside = join(plain, [0x5a]).with(0, plain.length)
    const d = decode(join(inside, [0xa5, 0x5a]), 'unknown', null)
    expect(d).toMatchObject({ fault: null, notes: ['dll.trailing', 'dll.unprotected'], end: plain.length })
  })

  it('is not looked for three bytes before the end', () => {
    const longer = join(stripped(METER, ellSession(METER, VOLUME)), hex('5AA55A'))
    expect(decode(longer.with(0, longer.length - 1), 'unknown', null).fault).toBe('ell.crc')
  })
})

describe('what AES-128-CTR sealed', () => {
  const sealed = ellSession(METER, VOLUME, { key: KEY })

  it('waits behind its header until a key comes, and is protected to its end once opened', () => {
    expect(address(frameOf(stripped(METER, sealed), 'stripped'))).toMatchObject({ fault: null, sealed: true, pos: 17 })
    const d = heard(sealed, KEY)
    expect(d).toMatchObject({ fault: null, sealed: false, plainFrom: d.bytes.length, records: [{ protected: true }] })
  })

  it('stands again as it was received where the key is wrong', () => {
    const d = heard(sealed, OTHER_KEY)
    expect(d).toMatchObject({ fault: 'ell.key-wrong', sealed: true, encryption: 'none', plainFrom: 0 })
    expect(hexOf(d.bytes.subarray(10))).toBe(hexOf(sealed))
  })

  it('protects what a transport layer inside it leaves plain', () => {
    const records = join(hex('0F'), new Uint8Array(20))
    const inner = shortHeader(METER, join(hex('0413 01000000 0413 02000000'), hex('0413 03000000'), records), { key: KEY, blocks: 1 })
    const d = heard(ellSession(METER, inner, { key: KEY }), KEY)
    expect(d).toMatchObject({ fault: null, encryption: 'aes-cbc', plainFrom: d.bytes.length })
    expect(d.records.map((r) => r.protected)).toEqual([true, true, true])
  })

  it('counts with the sender of the frame, not with the partner', () => {
    expect(heard(ellSession(METER, VOLUME, { key: KEY, partner: PARTNER }), KEY)).toMatchObject({
      fault: null,
      ell: { partner: { manufacturer: 0x1593, id: 0x87654321, version: 2, deviceType: 0x31 } },
    })
  })

  it('cannot be opened in a wired frame, which has no sender’s address', () => {
    const content = ellSession(METER, VOLUME, { key: KEY })
    for (const key of [null, aesKey(KEY)])
      expect(decode(wired(content), 'wired', key)).toMatchObject({ fault: 'ell.truncated', records: [] })
  })
})

it('an extended link layer that is not public leads nowhere', () => {
  expect(heard(join([0x86], VOLUME))).toMatchObject({ fault: 'ell.unsupported', ell: null })
})
