import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomOf } from '../../fuzz/random.ts'
import { mutant } from '../../fuzz/telegrams.ts'
import { isBranch, type Leaf } from '../../src/explain/tree.ts'
import { decode } from '../../src/wmbus/decode.ts'
import { aesKey } from '../../src/wmbus/security.ts'
import { METER } from '../support/records.ts'
import { afl, derive, macOf, mode7, mode10 } from '../support/sessions.ts'
import {
  ellSession,
  frameA,
  frameB,
  hex,
  hexOf,
  integer,
  join,
  longHeader,
  noHeader,
  record,
  shortHeader,
  stripped,
  text,
  wired,
} from '../support/telegrams.ts'
import { explainedWell, leafAt, leaves } from './partition.ts'

const KEY = hex('000102030405060708090A0B0C0D0E0F')
const OTHER_KEY = hex('0F0102030405060708090A0B0C0D0E0F')
const ENERGY = hex('0406 E8030000')
const VOLUME = hex('4413 D2040000')
const RECORDS = join(ENERGY, VOLUME)
const LONG = join(...Array.from({ length: 25 }, () => ENERGY))

const words = ({ from, to, field, value }: Leaf): unknown[] => [from, to, field, value]
const crcs = (all: readonly Leaf[]): unknown[][] => all.filter(({ field }) => field === 'CRC').map(words)
const flipped = (bytes: Uint8Array, at: number): Uint8Array => bytes.with(at, bytes[at]! ^ 1)
const struck = (all: readonly Leaf[]): Leaf => all.find(({ fault }) => fault !== undefined)!

describe('the data link layer', () => {
  it('shows every CRC of format A behind its block, in the middle of what it cuts', () => {
    const raw = frameA(stripped(METER, noHeader(RECORDS)))
    const e = explainedWell(raw, 'A', null)
    expect(crcs(leaves(e))).toEqual([
      [10, 12, 'CRC', 'right'],
      [25, 27, 'CRC', 'right'],
    ])
    const long = explainedWell(frameA(stripped(METER, noHeader(LONG))), 'A', null)
    expect([27, 28, 30].map((from) => words(leafAt(long, from)).slice(1))).toEqual([
      [28, 'data', '1000 kWh'],
      [30, 'CRC', 'right'],
      [33, 'data', 'continued'],
    ])
  })

  it('shows both CRCs of a long frame of format B', () => {
    const raw = frameB(stripped(METER, noHeader(LONG)))
    expect(crcs(leaves(explainedWell(raw, 'B', null)))).toEqual([
      [126, 128, 'CRC', 'right'],
      [raw.length - 2, raw.length, 'CRC', 'right'],
    ])
  })

  it.each(['A', 'unknown'] as const)('marks the first wrong CRC of a frame stated as %s', (crc) => {
    const all = leaves(explainedWell(flipped(frameA(stripped(METER, noHeader(LONG))), 50), crc, null))
    expect(struck(all)).toMatchObject({ fault: 'dll.crc', from: 64, field: 'CRC', value: expect.stringMatching(/^wrong: .* [0-9A-F]{4}$/) })
    expect(all.find(({ field }) => field === 'ID number')?.value).toBe('12345678')
    expect(all.filter(({ field }) => field === 'not read').map(({ from }) => from)).toEqual([12, 30, 48, 66, 84, 102, 120, 138, 156, 174])
  })

  it('shows what stands around a wired frame', () => {
    const raw = join(wired(longHeader(METER, RECORDS)), [0xaa])
    const all = leaves(explainedWell(raw, 'wired', null))
    expect(all.slice(0, 5).map(({ bytes, field }) => `${field} ${bytes}`)).toEqual([
      'start 68',
      'L-field 1B1B',
      'start 68',
      'C-field 08',
      'A-field FD',
    ])
    expect(all.slice(-3).map(({ field, value }) => `${field}: ${value}`)).toEqual([
      'checksum: right',
      'stop: 16',
      'behind the frame: no part of it',
    ])
    const broken = leaves(explainedWell(flipped(raw, 8), 'wired', null))
    expect(struck(broken)).toMatchObject({ fault: 'frame.checksum', field: 'checksum' })
  })
})

describe('an encrypted part', () => {
  it('shows cipher text and plain text of every field', () => {
    const raw = stripped(METER, shortHeader(METER, RECORDS, { key: KEY, accessNumber: 7 }))
    const all = leaves(explainedWell(raw, 'stripped', KEY))
    const opened = all.filter(({ plain }) => plain !== undefined)
    expect(opened.map(({ plain }) => plain).join('')).toBe(`2F2F${hexOf(RECORDS)}2F2F`)
    expect(opened.map(({ bytes }) => bytes).join('')).toBe(hexOf(raw.subarray(15)))
  })

  it('stays one leaf without the key or with a wrong one; what follows was not read', () => {
    const raw = stripped(METER, shortHeader(METER, join(RECORDS, ENERGY), { key: KEY, blocks: 1 }))
    for (const key of [null, OTHER_KEY]) {
      const all = leaves(explainedWell(raw, 'stripped', key))
      expect(all.slice(-2).map(({ from, to, field }) => [from, to, field])).toEqual([
        [15, 31, 'encrypted'],
        [31, 35, 'not read'],
      ])
      expect(struck(all)).toMatchObject({ from: 15, fault: key ? 'tpl.key-wrong' : 'tpl.key-missing' })
      expect(all.some(({ plain }) => plain !== undefined)).toBe(false)
    }
  })

  it('of the extended link layer begins with its payload CRC', () => {
    const raw = frameB(stripped(METER, ellSession(METER, noHeader(RECORDS), { key: KEY, session: 0x123 })))
    const e = explainedWell(raw, 'B', KEY)
    expect(leafAt(e, 13)).toMatchObject({ field: 'session number', value: 'AES-128-CTR, 18 min' })
    expect(leafAt(e, 13).bits?.map(({ means }) => means)).toEqual(['AES-128-CTR', 'minute 18', 'session 3'])
    expect(leafAt(e, 17)).toMatchObject({ field: 'payload CRC', value: 'right: so is the key', plain: expect.any(String) })
    expect(leafAt(e, 19)).toMatchObject({ field: 'CI-field', plain: '78' })
    expect(struck(leaves(explainedWell(raw, 'B', OTHER_KEY)))).toMatchObject({ from: 17, field: 'encrypted', fault: 'ell.key-wrong' })
  })

  it('that was decrypted before is not said to be encrypted', () => {
    const plain = stripped(METER, ellSession(METER, noHeader(RECORDS), { encryption: 1 }))
    expect(leaves(explainedWell(plain, 'stripped', KEY)).filter(({ plain: opened }) => opened !== undefined)).toEqual([])
  })

  it('of mode 10 ends with its tag', () => {
    const raw = stripped(METER, mode10(RECORDS, derive(KEY, 0, 99, METER), 99, METER))
    const all = leaves(explainedWell(raw, 'stripped', KEY))
    expect(all.at(-1)).toMatchObject({ field: 'authentication tag', from: raw.length - 8, to: raw.length })
    expect(all.find(({ field }) => field === 'message counter')?.value).toBe('99')
    expect(all.some(({ field, plain }) => field === 'data' && plain === 'E8030000')).toBe(true)
  })
})

it('the message authentication code is right, wrong, or not checked', () => {
  const message = mode7(RECORDS, derive(KEY, 0, 5, METER))
  const fields = { control: 0x25, counter: 5 }
  const mac = macOf(fields, message, derive(KEY, 1, 5, METER)).subarray(0, 8)
  const value = (code: Uint8Array, key: Uint8Array | null): string | undefined => {
    const raw = stripped(METER, join(afl({ ...fields, mac: code }), message))
    return leaves(explainedWell(raw, 'stripped', key)).find(({ field }) => field === 'MAC')?.value
  }
  expect(value(mac, KEY)).toMatch(/^right/)
  expect(value(flipped(mac, 3), KEY)).toBe('wrong')
  expect(value(mac, null)).toBe('not checked')
})

describe('records', () => {
  const only = (header: string, data: Uint8Array): Leaf[] =>
    leaves(explainedWell(stripped(METER, noHeader(record(header, data))), 'stripped', null)).slice(7)

  it('have every bit of DIF, DIFE, VIF and VIFE named', () => {
    const all = only('94 51 FD C8 FC 02'.replaceAll(' ', ''), integer(2300, 4))
    expect(all.map(({ field, value, bits }) => [field, value, bits?.map((each) => each.means)])).toEqual([
      ['DIF', '32-bit integer, maximum', ['DIFE follows', 'storage +0', 'maximum', '32-bit integer']],
      ['DIFE', 'storage +2, tariff +1, subunit +1', ['no DIFE', 'subunit +1', 'tariff +1', 'storage +2']],
      ['VIF', 'extension table FD', ['VIFE follows', 'extension table FD']],
      ['VIF', 'voltage, 0.1 V', ['VIFE follows', 'voltage, 0.1 V']],
      ['VIFE', 'extension table FC', ['VIFE follows', 'extension table FC']],
      ['VIFE', 'L2', ['no VIFE', 'L2']],
      ['data', '2300 × 10^-1 V', undefined],
    ])
    expect(all[1]!.bits!.map(({ bits }) => bits)).toEqual(['0... ....', '.1.. ....', '..01 ....', '.... 0001'])
  })

  it('have units in plain text and texts without what a terminal obeys', () => {
    expect(only('22FC03485225', integer(45, 2)).map(({ field, value }) => `${field} ${value}`)).toContain('unit %RH')
    expect(only('0DFD11', text('\u001b[2Jhi'))).toContainEqual(expect.objectContaining({ field: 'data', value: '·[2Jhi' }))
  })

  it('of a compact profile are explained element by element', () => {
    const base = hex('840416 40E20100 82046C 2129')
    const profile = record('8D04961F', hex('05 69 01 03 02 11'))
    const all = leaves(explainedWell(stripped(METER, noHeader(join(base, profile))), 'stripped', null))
    const elements = all.filter(({ field }) => field === 'element')
    expect(elements.map(({ bytes }) => bytes)).toEqual(['03', '02', '11'])
    expect(elements.map(({ value }) => value.split(',')[0])).toEqual(['volume 123459 m3', 'volume 123461 m3', 'volume 123472 m3'])
  })

  it('that are broken are explained as far as they go', () => {
    const e = explainedWell(stripped(METER, noHeader(join(ENERGY, hex('0413 D204')))), 'stripped', null)
    expect(struck(leaves(e))).toMatchObject({ from: 19, to: 21, field: 'data', fault: 'apl.truncated' })
    const special = explainedWell(stripped(METER, noHeader(join(ENERGY, hex('3F 0102')))), 'stripped', null)
    expect(struck(leaves(special))).toMatchObject({ from: 18, to: 20, field: 'not read', fault: 'apl.record' })
  })

  it('stand where the codec read them', () => {
    const frames = fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((seed) => mutant(randomOf(seed)))
    const content = frames.filter(({ crc }) => crc === 'stripped')
    fc.assert(
      fc.property(content, ({ bytes, key }) => {
        const d = decode(bytes, 'stripped', aesKey(key))
        const e = explainedWell(bytes, 'stripped', key)
        if (d.format !== null || d.wired) return
        for (const r of d.records.filter(({ at, dataAt }) => at < dataAt)) {
          expect(leafAt(e, r.at).field).toBe('DIF')
          if (r.end > r.dataAt) expect(leafAt(e, r.dataAt).field).toBe(r.coding === 13 ? 'LVAR' : 'data')
        }
      }),
      { numRuns: 200 },
    )
  })
})

describe('compact frames', () => {
  const KAMSTRUP = { manufacturer: 'KAM', id: '60000302', version: 0x30, type: 0x0c }
  const FORMAT = 'C252'
  const DATA = hex('4D8800 4D8800 B81009 1F33 0000 00')
  const frame = (crc: string): Uint8Array => stripped(KAMSTRUP, join([0x79], hex(FORMAT), hex(crc), DATA))

  it('have the data where they were received, under the headers of their format', () => {
    const e = explainedWell(frame('5B89'), 'stripped', null)
    expect(e.fault).toBeUndefined()
    expect(leafAt(e, 11)).toMatchObject({ field: 'signature', value: '52C2: a known format' })
    expect(leafAt(e, 13)).toMatchObject({ field: 'full frame CRC', value: 'right: so is the format' })
    expect([15, 18, 21].map((from) => leafAt(e, from))).toMatchObject([
      { value: '34893 MJ', note: expect.stringContaining('030E in the format') },
      { value: '34893 MJ', note: expect.stringContaining('storage +1') },
      { value: '594104 × 10^-3 m3' },
    ])
    const labels = e.children.at(-1)!
    expect(
      isBranch(labels) &&
        labels.children
          .filter(isBranch)
          .map(({ label }) => label)
          .slice(0, 2),
    ).toEqual(['energy 34893 MJ', 'energy 34893 MJ, storage 1'])
  })

  it('say when the full frame CRC is wrong, or the format not known', () => {
    expect(struck(leaves(explainedWell(frame('5B88'), 'stripped', null)))).toMatchObject({
      from: 13,
      value: 'wrong',
      fault: 'apl.compact-crc',
    })
    const unknown = stripped(METER, join([0x79], hex('1234 5678'), DATA))
    expect(struck(leaves(explainedWell(unknown, 'stripped', null)))).toMatchObject({
      from: 11,
      field: 'signature',
      fault: 'apl.compact-unknown',
    })
  })
})
