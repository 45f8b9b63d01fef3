import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hexLines, hexOfLine } from '../../src/receivers/streams/lines.ts'
import { parseRtlLine, rtlWmbus } from '../../src/receivers/streams/rtl-wmbus.ts'
import { HEARD, hexOf } from './vectors.ts'

/** Public issue 1491 of wmbusmeters. */
const HEX = '32446850066056416980a0119f310800b024000059074e07000000010500000000000000000000000000000000000000000002'
const RTL = `T1;1;1;2025-02-11 11:14:44.918881;31;31;41566006;0x${HEX}`
/** Public issue 127. */
const RTL_BAD = 'T1;0;0;2020-06-15 07:51:56.000;57;109;7620078B;0x1e4424ff8b07207614637ab200107c130e96c322511e620a654f88efad85f1'

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)
const losses = () => ({ skipped: 0, badChecksums: 0 })

describe('a line of loose hex', () => {
  it.each([
    HEX,
    HEX.toUpperCase(),
    `0x${HEX}`,
    `  ${HEX}\r`,
    HEX.replaceAll(/(..)/g, '$1 '),
    HEX.replaceAll(/(..)/g, '0x$1 '),
    `${HEX.slice(0, 22)}_${HEX.slice(22, 40)}|${HEX.slice(40)}`,
    `|${HEX}|`,
    `telegram=|${HEX}|`,
    `telegram=|${HEX}|+63`,
    `telegram=${HEX}`,
    `(wmbus) heard telegram=|${HEX.slice(0, 22)}_${HEX.slice(22)}| from mast`,
    `${HEX} -73`,
    `${HEX};-73;T1`,
    `${HEX},-73.5 dBm`,
    `${HEX} rssi=-73`,
    `${HEX} # at the corner`,
  ])('%s', (line) => {
    expect(hexOf(hexOfLine(line)!)).toBe(HEX)
  })

  it.each(['', '   ', '0x', `${HEX}a`, `x${HEX}`, 'rtl_wmbus: exiting', 'telegram=||', 'beef was served', `b${HEX}`, RTL])(
    'not: %s',
    (line) => {
      expect(hexOfLine(line)).toBeNull()
    },
  )

  it('reads any bytes back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (bytes) => {
        expect(hexOfLine(hexOf(bytes))).toEqual(bytes)
      }),
    )
  })
})

describe('hex lines', () => {
  it.each([
    ['', null],
    [' -73', -73],
    [';-73;T1', -73],
    [',-73.5 dBm', -73.5],
    [' rssi=-73', -73],
    ['\r', null],
    ['; +12', null],
    [' # at -73', null],
    ['|+63', null],
    [' -2026-11-24', null],
  ])('followed by "%s"', (after, rssi) => {
    expect(hexLines({ receiver: 'desk', losses: losses() }).feed(ascii(`${HEX}${after}\n`), HEARD)).toMatchObject([{ rssi }])
  })

  it.each([
    [`Z${HEX}`, 'AorB'],
    [`z${HEX} -73`, 'AorB'],
    [HEX, 'unknown'],
  ])('take a Z for CRCs that were left in: %s', (line, crc) => {
    const telegram = { crc, bytes: hexOfLine(HEX) }
    expect(hexLines({ receiver: 'desk', losses: losses() }).feed(ascii(`${line}\n`), HEARD)).toMatchObject([telegram])
  })

  it('does not depend on how the stream is cut, and passes over other text', () => {
    const stream = ascii(`${HEX}\nhello\r\n\n0x${HEX}\r\n${HEX}a\n${HEX}`)
    for (let cut = 0; cut <= stream.length; cut++) {
      const lost = losses()
      const dialect = hexLines({ receiver: 'desk', losses: lost })
      const found = [...dialect.feed(stream.subarray(0, cut), HEARD), ...dialect.feed(stream.subarray(cut), HEARD)]
      const telegram = { bytes: hexOfLine(HEX), crc: 'unknown', heard: HEARD, receiver: 'desk', rssi: null, mode: null }
      expect(found).toEqual([telegram, telegram])
      expect(dialect.flush(HEARD)).toEqual([telegram])
      expect(dialect.flush(HEARD)).toEqual([])
      expect(lost).toEqual({ skipped: 'hello\r\n'.length + HEX.length + 2, badChecksums: 0 })
    }
  })

  it('keeps no endless line, and reads the next one', () => {
    const stream = ascii(`${'ab'.repeat(50_000)}\n${HEX}\n`)
    for (const size of [1, 1000, 4096, 5000, stream.length]) {
      const lost = losses()
      const dialect = hexLines({ receiver: 'desk', losses: lost })
      const found = []
      for (let at = 0; at < stream.length; at += size) found.push(...dialect.feed(stream.subarray(at, at + size), HEARD))
      expect(found.map((t) => hexOf(t.bytes))).toEqual([HEX])
      expect(lost.skipped).toBe(100_001)
    }
  })
})

describe('a line of rtl_wmbus', () => {
  it.each([
    [RTL, 't1', null],
    [RTL.replace('T1', 'C1'), 'c1', null],
    [RTL.replace('T1', 'S1'), 's1', null],
    [`t2a;${RTL}`, 't1', null],
    [`rla;${RTL}\r`, 't1', null],
    [`T1;1;1;2026-01-01 00:00:00.00Z;-70;;;0x${HEX}`, 't1', -70],
  ])('%s', (line, mode, rssi) => {
    expect(parseRtlLine(line)).toMatchObject({ mode, rssi, crcRight: true })
    expect(hexOf(parseRtlLine(line)!.bytes)).toBe(HEX)
  })

  it.each(['', 'rtl_wmbus: exiting', HEX, RTL.replace('T1', 'X1'), `${RTL}a`, RTL.slice(0, 40), 'T1;1;1'])('not: %s', (line) => {
    expect(parseRtlLine(line)).toBeNull()
  })

  it('is delivered when its CRC is right and it has bytes; what is left out is counted', () => {
    const lost = losses()
    const dialect = rtlWmbus({ receiver: 'roof', losses: lost })
    const empty = 'T1;1;1;2020-05-28 22:22:56.000;26;27;93932258;0x'
    const found = dialect.feed(ascii(`${RTL}\n${RTL_BAD}\n${empty}\nsignal caught\n${RTL}\n`), HEARD)
    const telegram = { bytes: hexOfLine(HEX), crc: 'stripped', heard: HEARD, receiver: 'roof', rssi: null, mode: 't1' }
    expect(found).toEqual([telegram, telegram])
    expect(lost).toEqual({ skipped: empty.length + 'signal caught'.length + 2, badChecksums: 1 })
  })

  it('is not read when it was cut short', () => {
    const dialect = rtlWmbus({ receiver: 'roof', losses: losses() })
    expect(dialect.feed(ascii(RTL.slice(0, -4)), HEARD)).toEqual([])
    expect(dialect.flush(HEARD)).toEqual([])
  })
})
