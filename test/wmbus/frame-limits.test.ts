import { describe, expect, it } from 'vitest'
import { frame } from '../../src/wmbus/decode.ts'
import type { CrcLayout } from '../../src/wmbus/telegram.ts'
import { METER } from '../support/records.ts'
import { crc16, frameA, frameB, hex, hexOf, integer, join, linkAddress, noHeader, stripped, wired } from '../support/telegrams.ts'

/** A frame of so many bytes, L included and no CRC counted. */
const plain = (length: number): Uint8Array =>
  stripped(
    METER,
    Uint8Array.from({ length: length - 10 }, (_, i) => i),
  )
const framed = (bytes: Uint8Array, crc: CrcLayout) => {
  const d = frame(bytes, crc)
  return [d.fault, d.notes, hexOf(d.bytes), d.end]
}
const whole = (bytes: Uint8Array, ...notes: string[]) => [null, notes, hexOf(bytes), bytes.length]
const faultOf = (bytes: Uint8Array, crc: CrcLayout) => frame(bytes, crc).fault

describe('the shortest frame has one CI', () => {
  it.each([
    ['A', frameA],
    ['B', frameB],
    ['stripped', (bytes: Uint8Array) => bytes],
    ['AorB', frameA],
    ['AorB', frameB],
  ] as const)('%s', (crc, encode) => {
    expect(framed(encode(plain(11)), crc)).toEqual(whole(plain(11)))
    // Its CRCs are right, and there are bytes enough: a header is no frame all the same.
    expect(faultOf(join(encode(plain(10)), [0]), crc)).toBe('frame.length')
  })

  it('and a wired one control, address and CI', () => {
    expect(framed(wired(hex('78')), 'wired')).toEqual(whole(hex('08FD78')))
    expect(faultOf(wired(hex('')), 'wired')).toBe('frame.wired')
  })

  it('of ten bytes is too short whatever is said of it, of none it is empty', () => {
    for (const crc of ['A', 'B', 'AorB', 'stripped', 'unknown'] as const) {
      expect(faultOf(plain(11).subarray(0, 10), crc)).toBe('frame.too-short')
      expect(faultOf(hex(''), crc)).toBe('frame.empty')
    }
  })
})

describe('the longest frame', () => {
  it.each([
    ['A', frameA, 256, 290],
    ['B', frameB, 252, 256],
    ['stripped', (bytes: Uint8Array) => bytes, 256, 256],
  ] as const)('%s has L = 255', (crc, encode, length, onAir) => {
    const sent = encode(plain(length))
    expect([sent.length, sent[0]]).toEqual([onAir, 255])
    expect(framed(sent, crc)).toEqual(whole(plain(length)))
  })

  it('is the longest of format A, with which nothing else may be delivered', () => {
    expect(faultOf(join(frameA(plain(256)), [0]), 'A')).toBe('frame.too-long')
  })
})

describe('format A', () => {
  // Blocks of 16 behind the first: a full one needs no empty one behind it.
  it.each([25, 26, 27, 41, 42, 43])('of %i bytes ends with the CRC of its last block', (length) => {
    const sent = frameA(plain(length))
    expect(framed(sent, 'A')).toEqual(whole(plain(length)))
    expect(faultOf(sent.subarray(0, -1), 'A')).toBe('frame.length')
    expect(framed(join(sent, [0]), 'A')).toEqual(whole(plain(length), 'dll.trailing'))
  })
})

describe('format B', () => {
  it.each([126, 127, 128])('of %i bytes has its second CRC behind byte 128, where there is one', (length) => {
    const sent = frameB(plain(length))
    expect(framed(sent, 'B')).toEqual(whole(plain(length)))
    expect(framed(join(sent, [0]), 'B')).toEqual(whole(plain(length), 'dll.trailing'))
    expect(faultOf(sent.subarray(0, -1), 'B')).toBe('frame.length')
  })

  it.each([129, 130])('of %i bytes has no room for what its second CRC would cover', (length) => {
    const first = join([length - 1], plain(126).subarray(1))
    const sent = join(first, integer(crc16(first), 2).reverse(), integer(0xffff, 2)).subarray(0, length)
    expect(faultOf(sent, 'B')).toBe('frame.length')
  })

  it('has both its CRCs checked', () => {
    const sent = frameB(plain(140))
    for (const at of [126, 127, 142, 143]) expect(faultOf(sent.with(at, sent[at]! ^ 0x80), 'B')).toBe('dll.crc')
  })
})

describe('A or B', () => {
  it('says what is wrong with the one whose length fits', () => {
    const damagedA = frameA(plain(11)).with(10, 0xaa)
    expect(faultOf(damagedA, 'AorB')).toBe('dll.crc')
    const damagedB = frameB(plain(19)).with(10, 0xaa)
    expect(faultOf(damagedB, 'A')).toBe('frame.length')
    expect(faultOf(damagedB, 'AorB')).toBe('dll.crc')
    expect(faultOf(plain(30).subarray(0, 20), 'AorB')).toBe('frame.length')
  })
})

describe('a frame without CRCs', () => {
  it.each([1, 3, 5])('may not miss %i bytes: no number of CRC bytes that format B has', (missing) => {
    expect(faultOf(join([plain(20)[0]! + missing], plain(20).subarray(1)), 'stripped')).toBe('frame.length')
    expect(faultOf(join([plain(20)[0]! + missing], plain(20).subarray(1)), 'unknown')).toBe('frame.length')
  })

  it('whose corrected L-field leaves no CI is none', () => {
    expect(faultOf(plain(11).with(0, 8), 'stripped')).toBe('frame.length')
    expect(framed(plain(11).with(0, 12), 'stripped')).toEqual(whole(plain(11), 'dll.length'))
  })
})

describe('a wired frame', () => {
  const sent = wired(noHeader(hex('0B13436587')))

  it.each([
    ['no first start byte', 0],
    ['no second start byte', 3],
    ['two lengths', 2],
  ])('is none with %s', (_, at) => {
    expect(faultOf(sent.with(at, sent[at]! ^ 1), 'wired')).toBe('frame.wired')
  })

  it('that is none has no bytes, and one byte is none', () => {
    expect(frame(hex('68'), 'wired')).toMatchObject({ fault: 'frame.wired', end: 0, wired: false })
    expect(frame(sent.with(5, 0), 'wired')).toMatchObject({ fault: 'frame.checksum', end: 0, wired: false })
  })

  it.each([1, 2])('ends with 16, %i bytes before its end it is cut', (cut) => {
    expect(faultOf(sent.subarray(0, -cut), 'wired')).toBe('frame.length')
    expect(faultOf(sent.with(sent.length - 1, 0x17), 'wired')).toBe('frame.length')
  })

  it('has a sum of all bytes from C on, and nothing else', () => {
    for (const at of [4, 5, sent.length - 3]) expect(faultOf(sent.with(at, sent[at]! ^ 1), 'wired')).toBe('frame.checksum')
  })
})

describe('loose hex that begins like a wired frame', () => {
  /** L = 68 and what stands where a wired frame has its lengths and its second start byte. */
  const loose = (control: number, low: number, high: number): Uint8Array => {
    const bytes = plain(0x69)
    bytes.set([control, low, high], 1)
    return bytes
  }
  it.each([
    ['no lengths, no second 68', 0x44, 0xae, 0x0c],
    ['two equal bytes for lengths', 0x44, 0x44, 0x0c],
    ['a second 68', 0x44, 0xae, 0x68],
  ])('is a radio frame with %s', (_, ...bytes) => {
    expect(frame(loose(...bytes), 'unknown')).toMatchObject({ fault: null, wired: false, notes: ['dll.unprotected'] })
  })

  it('is a radio frame with both but another L', () => {
    const bytes = plain(0x6a)
    bytes.set([0x44, 0x44, 0x68], 1)
    expect(frame(bytes, 'unknown')).toMatchObject({ fault: null, wired: false })
  })

  it('is a wired one, though a bad one, with both', () => {
    expect(frame(loose(0x44, 0x44, 0x68), 'unknown').fault).toBe('frame.length')
    expect(frame(wired(noHeader(linkAddress(METER))), 'unknown')).toMatchObject({ fault: null, wired: true, notes: [] })
  })

  it('is only a wired one where the receiver says so', () => {
    expect(frame(loose(0x44, 0x44, 0x68), 'stripped')).toMatchObject({ fault: null, wired: false })
  })
})
