import { describe, expect, it } from 'vitest'
import { fragmentNumber, joinFragments, moreFragments } from '../../src/wmbus/afl.ts'
import type { Datagram } from '../../src/wmbus/datagram.ts'
import { address, decode, frame, open, reassembled } from '../../src/wmbus/decode.ts'
import { aesKey } from '../../src/wmbus/security.ts'
import { type AflFields, afl, derive, macOf, mode7 } from '../support/sessions.ts'
import { ellPlain, ellSession, hex, hexOf, join, noHeader, type Sender, shortHeader, stripped } from '../support/telegrams.ts'

const METER: Sender = { manufacturer: 'ELS', id: '12345678', version: 0x33, type: 0x03 }
const KEY = hex('000102030405060708090A0B0C0D0E0F')
const COUNTER = 0x0ab3
const RECORDS = hex('0C1427048502')
const received = (content: Uint8Array): Datagram => address(frame(stripped(METER, content), 'stripped'))
const readLayer = (fields: AflFields, body: Uint8Array) => decode(stripped(METER, join(afl(fields), body)), 'stripped', null).afl

describe('the fragmentation control field', () => {
  it.each([
    [0x0000, 0, false],
    [0x4001, 1, true],
    [0x2cff, 255, false],
    [0xbf02, 2, false],
  ])('%i is fragment %i, more: %s', (control, number, more) => {
    expect([fragmentNumber(control), moreFragments(control)]).toEqual([number, more])
  })
})

describe('the length of a code', () => {
  const mac = hex('0102030405060708')

  it.each([
    ['a fragment does not tell its kind', { mac, fragment: 2 }, 8],
    ['nobody knows the kind', { control: 0x21, mac }, 8],
    ['nobody knows the kind, in front of a message length', { control: 0x2f, mac, length: 6 }, 8],
    ['the kind is a GMAC', { control: 0x29, mac: new Uint8Array(16) }, 16],
    ['there is none by its kind', { control: 0x20, mac: hex('') }, 0],
    ['there is none', { control: 0x25 }, 0],
  ])('is what the layer has left where %s', (_, fields, length) => {
    const at = 10 + 4 + ('control' in fields ? 1 : 0)
    expect(readLayer(fields, noHeader(RECORDS))).toMatchObject({ at: 10, macAt: at, macLength: length })
  })

  it('is nothing where the layer has nothing left, and the length of the layer is then wrong', () => {
    expect(decode(stripped(METER, hex('90 02 0014 0600 78')), 'stripped', null).fault).toBe('afl.length')
  })

  it('must be that of its kind', () => {
    const wrong = join(afl({ control: 0x25, counter: COUNTER, mac: mac.subarray(0, 4) }), shortHeader(METER, RECORDS))
    expect(decode(stripped(METER, wrong), 'stripped', null).fault).toBe('afl.length')
  })
})

it('a fragment that is the only one is the message', () => {
  expect(received(join(afl({ fragment: 1 }), noHeader(RECORDS)))).toMatchObject({ fault: null, tpl: { ci: 0x78 } })
})

describe('the layer in front of a joined message', () => {
  const body = mode7(RECORDS, derive(KEY, 0, COUNTER, METER))
  const known = { control: 0x25, keyInformation: 0x0110, counter: COUNTER, length: body.length }
  const mac = macOf(known, body, derive(KEY, 1, COUNTER, METER)).subarray(0, 8)

  it('has every field that came with any fragment, in the order of the standard, and is no fragment itself', () => {
    const first = received(join(afl({ keyInformation: 0x0110, counter: COUNTER, fragment: 1, more: true }), body.subarray(0, 5)))
    const second = received(join(afl({ control: 0x25, fragment: 2, more: true }), body.subarray(5, 20)))
    const last = received(join(afl({ mac, length: body.length, fragment: 3 }), body.subarray(20)))
    expect([first, second, last].map((d) => d.fault)).toEqual(new Array(3).fill('afl.fragment'))
    expect(hexOf(joinFragments([first, second, last]))).toBe(hexOf(join(afl({ ...known, mac }), body)))
  })

  it('has a field once, as the first fragment that sends it says', () => {
    const first = received(join(afl({ counter: 7, fragment: 1, more: true }), body.subarray(0, 5)))
    const last = received(join(afl({ counter: 9, fragment: 2 }), body.subarray(5)))
    expect(hexOf(joinFragments([first, last]))).toBe(hexOf(join(afl({ counter: 7 }), body)))
  })

  it('is empty where the fragments carry no field', () => {
    const parts = [1, 2].map((fragment) => received(join(afl({ fragment, more: fragment === 1 }), noHeader(RECORDS))))
    expect(hexOf(joinFragments(parts))).toBe(hexOf(join(afl({}), noHeader(RECORDS), noHeader(RECORDS))))
  })

  it('stands behind the link layers of the last fragment, which keep what they protected', () => {
    const cut = (fields: AflFields, part: Uint8Array) => join(afl(fields), part)
    const plain = noHeader(join(RECORDS, RECORDS))
    const parts = [cut({ fragment: 1, more: true }, plain.subarray(0, 9)), cut({ fragment: 2 }, plain.subarray(9))]
    const opened = parts.map((part) => open(received(ellSession(METER, part, { key: KEY })), aesKey(KEY)))
    expect(opened.map((d) => d.fault)).toEqual(['afl.fragment', 'afl.fragment'])
    const whole = reassembled(opened[1]!, joinFragments(opened))
    expect(whole).toMatchObject({ fault: null, encryption: 'ell-ctr', plainFrom: whole.bytes.length })
    expect(open(whole, null).records.map((r) => [r.raw, r.protected])).toEqual([
      [2850427, true],
      [2850427, true],
    ])
    expect(hexOf(whole.bytes.subarray(0, 17))).toBe(hexOf(opened[1]!.bytes.subarray(0, 17)))
  })

  it('of plain fragments protects nothing, and leaves the last fragment as it was', () => {
    const parts = [1, 2].map((fragment) =>
      received(ellPlain(join(afl({ fragment, more: fragment === 1 }), hex(fragment === 1 ? '7802' : '13D204')))),
    )
    const { pos, notes } = { ...parts[1]!, notes: [...parts[1]!.notes] }
    const whole = open(reassembled(parts[1]!, joinFragments(parts)), null)
    expect(whole).toMatchObject({ fault: null, plainFrom: 0, records: [{ raw: 1234, protected: false }] })
    expect(parts[1]).toMatchObject({ pos, notes, fault: 'afl.fragment', records: [] })
  })
})

it('a joined message keeps what was noted of its last fragment', () => {
  const parts = [1, 2].map((fragment) => join(afl({ fragment, more: fragment === 1 }), hex(fragment === 1 ? '7802' : '13D204')))
  const loose = parts.map((part) => address(frame(stripped(METER, part), 'unknown')))
  const whole = open(reassembled(loose[1]!, joinFragments(loose)), null)
  expect(whole).toMatchObject({ fault: null, notes: ['dll.unprotected'], records: [{ raw: 1234 }] })
})

describe('the key of a code', () => {
  const body = shortHeader(METER, RECORDS)
  /** Whether the code is right under this key, by the derivation that the key information field names. */
  const macUnder = (keyInformation: number, key: Uint8Array) => {
    const fields = { control: 0x65, keyInformation, counter: COUNTER, length: body.length }
    const mac = macOf(fields, body, key).subarray(0, 8)
    return decode(stripped(METER, join(afl({ ...fields, mac }), body)), 'stripped', aesKey(KEY)).mac
  }
  const derived = derive(KEY, 1, COUNTER, METER)

  it.each([
    [0x0000, 'right', 'wrong'],
    [0x0f0f, 'right', 'wrong'],
    [0x0010, 'wrong', 'right'],
    [0x0110, 'wrong', 'right'],
  ])('by key information %i: itself %s, derived %s', (information, itself, kdfA) => {
    expect([macUnder(information, KEY), macUnder(information, derived)]).toEqual([itself, kdfA])
  })

  it('is not asked for where the message control field is missing', () => {
    const d = decode(stripped(METER, join(afl({ counter: COUNTER, mac: hex('0102') }), body)), 'stripped', aesKey(KEY))
    expect(d).toMatchObject({ fault: null, mac: 'none', notes: ['afl.mac-unsupported'] })
  })
})
