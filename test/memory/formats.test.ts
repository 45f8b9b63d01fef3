import { describe, expect, it } from 'vitest'
import { learnedFormats } from '../../src/memory/formats.ts'
import type { Memory } from '../../src/store/store.ts'
import { decode } from '../../src/wmbus/decode.ts'
import { aesKey } from '../../src/wmbus/security.ts'
import { recordValue } from '../../src/wmbus/value.ts'
import { crc16, dib, ellSession, hex, integer, join, noHeader, type Sender, shortHeader, stripped } from '../support/telegrams.ts'

const EFE: Sender = { manufacturer: 'EFE', id: '12345678', version: 0, type: 4 }
const KAM: Sender = { manufacturer: 'KAM', id: '67051489', version: 0x30, type: 0x0c }
const KEY = hex('000102030405060708090A0B0C0D0E0F')

/** EN 13757-3, G.5.2. */
const FULL = hex('0202D204 02152E16 022A3423')
const FORMAT = hex('69 08 313B 02020215022A')
const COMPACT = hex('79 313B 42A6 D204 2E16 3423')

function ram(entries: [string, string][] = []): Memory & { readonly saved: Map<string, string | null> } {
  const saved = new Map<string, string | null>(entries)
  return {
    saved,
    load: () => new Map([...saved].filter((entry): entry is [string, string] => entry[1] !== null)),
    save: (_, changed) => changed.forEach((value, key) => void saved.set(key, value)),
  }
}

const telegram = (content: Uint8Array, sender = EFE) => stripped(sender, content)
const read = (content: Uint8Array, sender = EFE) => decode(telegram(content, sender), 'stripped', null)

describe('learned formats', () => {
  it.each([
    ['a full frame', noHeader(FULL)],
    ['a format frame', FORMAT],
  ])('open a compact frame after %s of the same type of meter', (_, content) => {
    const formats = learnedFormats(null)
    const compact = (sender: Sender) => decode(telegram(COMPACT, sender), 'stripped', null, formats.formatOf)
    expect(compact(EFE).fault).toBe('apl.compact-unknown')
    expect(formats.learn(read(content))).toEqual({ signature: 0x3b31, learning: 'learned' })
    expect(compact({ ...EFE, id: '00000001' }).records.map(recordValue)).toEqual([123.4, 567.8, 901.2])
    for (const other of [{ version: 1 }, { type: 0x0c }, { manufacturer: 'LUG' }]) {
      expect(compact({ ...EFE, ...other }).fault).toBe('apl.compact-unknown')
    }
  })

  it('that plain frames taught open plain frames only', () => {
    const formats = learnedFormats(null)
    formats.learn(read(noHeader(FULL)))
    const sealed = (content: Uint8Array) =>
      decode(telegram(ellSession(EFE, content, { key: KEY })), 'stripped', aesKey(KEY), formats.formatOf)
    expect(sealed(COMPACT).fault).toBe('apl.compact-unknown')
    expect(formats.learn(sealed(noHeader(FULL)))?.learning).toBe('learned')
    expect(sealed(COMPACT)).toMatchObject({ fault: null, encryption: 'ell-ctr' })
  })

  it('outlive a restart, saved once', () => {
    const memory = ram()
    const formats = learnedFormats(memory)
    formats.learn(read(noHeader(FULL)))
    expect(memory.saved.size).toBe(0)
    formats.save()
    expect([...memory.saved]).toEqual([['EFE-00-04-3B31-plain', '02020215022A']])
    memory.saved.clear()
    formats.save()
    expect(memory.saved.size).toBe(0)
    const again = learnedFormats(ram([['EFE-00-04-3B31-plain', '02020215022A']]))
    expect(decode(telegram(COMPACT), 'stripped', null, again.formatOf).fault).toBeNull()
    expect(again.learn(read(FORMAT))?.learning).toBe('known')
  })

  it('leave out entries that are damaged', () => {
    const damaged: [string, string][] = [
      ['EFE-00-04-3B31-plain', '02020215022B'],
      ['EFE-00-04-3B31x', '02020215022A'],
      ['nonsense', ''],
      ['EFE-00-04-3B32', '02020215022A'],
    ]
    for (const entry of damaged) {
      expect(decode(telegram(COMPACT), 'stripped', null, learnedFormats(ram([entry])).formatOf).fault).toBe('apl.compact-unknown')
    }
  })

  it('never replace a shipped format: the forged headers of 52C2 would divide energy by ten', () => {
    const forged = hex('030D0378634B0200020501FF05')
    expect(crc16(forged)).toBe(0x52c2)
    const formats = learnedFormats(ram())
    const format = join([0x69, forged.length + 2], integer(0x52c2, 2), forged)
    expect(formats.learn(read(format, KAM))).toEqual({ signature: 0x52c2, learning: 'conflict' })
    const compact = telegram(hex('79 C252 5B89 4D8800 4D8800 B81009 1F33 0000 00'), KAM)
    const [energy] = decode(compact, 'stripped', null, formats.formatOf).records
    expect([recordValue(energy!), energy!.unit]).toEqual([34893, 'MJ'])
  })

  it('keep the first of two formats with one signature', () => {
    const formats = learnedFormats(null)
    const twin = twinOf(hex('02020215022A'))
    expect(crc16(twin)).toBe(0x3b31)
    formats.learn(read(FORMAT))
    expect(formats.learn(read(join([0x69, twin.length + 2], hex('313B'), twin)))).toEqual({ signature: 0x3b31, learning: 'conflict' })
    expect(formats.formatOf(read(COMPACT), 0x3b31)).toEqual(hex('02020215022A'))
  })

  it('take nothing from frames with a fault, plain tails, manufacturer data, or none to tell', () => {
    const formats = learnedFormats(null)
    const tail = shortHeader(EFE, join(FULL, hex('2F2F 0113')), { key: KEY, blocks: 1 })
    const whole = shortHeader(EFE, FULL, { key: KEY })
    const opened = (content: Uint8Array) => decode(telegram(content), 'stripped', aesKey(KEY))
    expect(opened(tail).fault).toBe('apl.truncated')
    expect(formats.learn(opened(tail))).toBeNull()
    expect(formats.learn(opened(shortHeader(EFE, join(FULL, hex('2F2F 011305')), { key: KEY, blocks: 1 })))).toBeNull()
    expect(formats.learn(read(noHeader(join(FULL, hex('0F 01')))))).toBeNull()
    expect(formats.learn(read(COMPACT))).toBeNull()
    expect(formats.learn(read(hex('8A 01 00 0000')))).toBeNull()
    expect(formats.learn(opened(whole))?.learning).toBe('learned')
  })

  it('are bounded, for each type and in all', () => {
    const formats = learnedFormats(null)
    const learn = (storage: number, sender: Sender) =>
      formats.learn(read(noHeader(join(dib({ coding: 1, storage }), hex('13 05'))), sender))
    const ofType = Array.from({ length: 40 }, (_, storage) => learn(storage, EFE)?.learning)
    expect(ofType.filter((learning) => learning === 'learned')).toHaveLength(32)
    expect(ofType.filter((learning) => learning === 'full')).toHaveLength(8)
    const ofAll = Array.from({ length: 300 }, (_, i) => learn(0, { ...EFE, version: i & 0xff, type: i >> 8 })?.learning)
    expect(ofAll.filter((learning) => learning === 'learned')).toHaveLength(256 - 1)
  })
})

/** Other headers with the same CRC: two more bytes of identification are enough freedom to find them. */
function twinOf(headers: Uint8Array): Uint8Array {
  const wanted = crc16(headers)
  for (let free = 0; free < 0x10000; free++) {
    const twin = join(hex('0203 0215'), [0x82, free & 0x7f, 0x2a], [0x01, (free >> 7) & 0x7f, 0x01, 0x13, (free >> 14) & 0x03, 0x06])
    if (crc16(twin) === wanted) return twin
  }
  throw new Error('no twin')
}
