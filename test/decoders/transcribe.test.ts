import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decoderFor } from '../../src/decoders/index.ts'
import { observe } from '../../src/decoders/interpret.ts'
import type { Observation } from '../../src/decoders/observation.ts'
import { identify } from '../../src/identity.ts'
import { meterName } from '../../src/wmbus/address.ts'
import type { Datagram } from '../../src/wmbus/datagram.ts'
import { decode } from '../../src/wmbus/decode.ts'
import { aesKey } from '../../src/wmbus/security.ts'
import { crc16, hex, integer, join, noHeader, type Sender, shortHeader, stripped } from '../support/telegrams.ts'

const KEY = hex('000102030405060708090A0B0C0D0E0F')
const HEARD = { bootId: 'boot', monotonicMs: 0, utcMs: null }

const sender = (manufacturer: string, version: number, type: number): Sender => ({ manufacturer, version, type, id: '10000001' })
const TECHEM = sender('TCH', 0x45, 0x43)
const APATOR = sender('APA', 0x05, 0x07)
const QUNDIS = sender('QDS', 0x48, 0x04)

function observed(d: Datagram, protectedOnly = false): Observation | null {
  const address = identify(d)!
  return observe(decoderFor(address), d, meterName(address), address, HEARD, protectedOnly)
}

/** Behind a CI-field of the manufacturer's own. */
const own = (from: Sender, ci: number, payload: Uint8Array): Datagram => decode(stripped(from, noHeader(payload, ci)), 'stripped', null)
const tailed = (from: Sender, payload: Uint8Array): Datagram =>
  decode(stripped(from, shortHeader(from, join([0x0f], payload))), 'stripped', null)
const names = (o: Observation | null): string[] => (o?.measurements ?? []).map((m) => m.name)

const COMPACT_V = hex('00 9F33 406002 C8 CD0000')
/** A list of registers that ends in its CRC; the DIF in front belongs to it. */
const apator162 = (list: string): Uint8Array => {
  const bytes = hex(list)
  return join(bytes, integer(crc16(join([0x0f], bytes)), 2).reverse())
}
const APATOR_162 = apator162('151794940A0200 430403 10783E0000 FFFF')
const WALK_BY = hex(
  '0DFF5F 35 0082 2A00 00 6101 07 C006 FFFF 53140000 3F3C 49090000 5F3A 17130000 008000800080008000800080 008000800080008000805000 2F',
)

describe('a proprietary payload', () => {
  it('becomes records of the standard that stand where it stands', () => {
    const d = own(TECHEM, 0xa2, COMPACT_V)
    expect(names(observed(d))).toEqual(['energy', 'targetEnergy', 'energySinceTarget'])
    expect(d.records.map(({ quantity, raw, text }) => [quantity, raw ?? text])).toEqual([
      ['energy', 155917],
      ['energy', 155712],
      ['date', '2025-12-31'],
      ['energySinceTarget', 205],
    ])
    for (const { at, dataAt, end } of d.records)
      expect([at, dataAt, end]).toEqual([d.manufacturerFrom, d.manufacturerFrom, d.manufacturerFrom])
  })

  it('is read of the meters it is known of, and where it is known to stand', () => {
    expect(observed(own(sender('VMY', 0x45, 0x43), 0xa2, COMPACT_V))).toBeNull()
    expect(observed(own(sender('TCH', 0x45, 0x44), 0xa2, COMPACT_V))).toBeNull()
    expect(observed(tailed(TECHEM, COMPACT_V))).toBeNull()
    expect(observed(tailed(APATOR, APATOR_162))?.measurements).toMatchObject([{ name: 'volume', raw: 15992, exponent: -3 }])
    expect(observed(own(APATOR, 0xa2, APATOR_162))).toBeNull()
  })

  it('of a list is read where its CRC is right and every register in front is known', () => {
    const damaged = Uint8Array.from(APATOR_162)
    damaged[12]! ^= 1
    expect(observed(tailed(APATOR, damaged))).toBeNull()
    expect(observed(tailed(APATOR, apator162('151794940A0200 4F0403 10783E0000 FFFF')))).toBeNull()
    expect(observed(tailed(APATOR, apator162('151794940A0200 430403 1078')))).toBeNull()
    expect(names(observed(tailed(APATOR, apator162('151794940A0200 10783E0000 4F0403 FFFF'))))).toEqual(['volume'])
  })

  it('that is cut says nothing', () => {
    const lengths = Array.from({ length: COMPACT_V.length }, (_, i) => i)
    for (const length of lengths) expect(observed(own(TECHEM, 0xa2, COMPACT_V.subarray(0, length)))).toBeNull()
  })

  it('counts as protected where it stands in the encrypted part, and only there', () => {
    const sealed = (records: Uint8Array, blocks?: number) =>
      decode(stripped(QUNDIS, shortHeader(QUNDIS, records, { key: KEY, ...(blocks && { blocks }) })), 'stripped', aesKey(KEY))
    expect(names(observed(sealed(WALK_BY), true))).toContain('energyMonth1')
    const behind = join(hex('0C06 53140000'), new Uint8Array(8).fill(0x2f), WALK_BY)
    expect(names(observed(sealed(behind, 1), true))).toEqual(['energy'])
    expect(names(observed(sealed(behind, 1), false))).toContain('energyMonth1')
  })

  it('never breaks the gateway, whatever it holds', () => {
    const senders = [
      ...[0x43, 0xc3, 0x62, 0x80].map((type) => sender('TCH', type === 0xc3 ? 0x27 : 0x94, type)),
      sender('SAP', 1, 7),
      APATOR,
      sender('APT', 0x04, 0x08),
      sender('BMT', 0x13, 0x07),
      sender('BMP', 0x85, 0x08),
      sender('ZRI', 0x0b, 0x16),
    ]
    const payload = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.uint8Array({ minLength: 45, maxLength: 60 }).map((b) => b.fill(0x10, 0, 1)),
    )
    fc.assert(
      fc.property(fc.constantFrom(...senders), fc.integer({ min: 0xa0, max: 0xb7 }), payload, (from, ci, bytes) => {
        for (const d of [own(from, ci, bytes), tailed(from, bytes)]) if (d.fault === null) observed(d)
      }),
    )
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 54, maxLength: 54 }), (bytes) => {
        bytes.set([0x35, 0, 0x82, 0, 0, 0])
        const d = decode(stripped(QUNDIS, noHeader(join(hex('0DFF5F'), bytes))), 'stripped', null)
        expect(d.fault).toBeNull()
        observed(d)
      }),
    )
  })
})

describe('the walk-by block', () => {
  const ofBlock = (block: Uint8Array) => observed(decode(stripped(QUNDIS, noHeader(block)), 'stripped', null))

  it('tells the registers with their dates, and each month that has a value', () => {
    expect(ofBlock(WALK_BY)!.measurements.map(({ name, raw, date }) => [name, raw, date])).toEqual([
      ['energy', 1453, undefined],
      ['targetEnergy', 949, '2025-12-31'],
      ['energyMonth1', 1317, '2026-10-31'],
      ['energyChangeMonth1', 80, '2026-10-31'],
    ])
  })

  it('stays closed where it is encrypted', () => {
    const encrypted = Uint8Array.from(WALK_BY)
    encrypted[8] = 0x35
    expect(ofBlock(encrypted)).toBeNull()
  })
})

describe('PRIOS', () => {
  it('is refused where no default key opens it', () => {
    for (const payload of ['013D4013DD8B46A4999C1293E582CD', '013D40', '']) {
      expect(observed(own(sender('SAP', 0xd4, 0x01), 0xa2, hex(payload)))?.measurements ?? []).toHaveLength(0)
    }
  })
})
