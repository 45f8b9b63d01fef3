import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { rtl433, telegramOfRtl433Line } from '../../src/receivers/streams/rtl-433.ts'
import { crc16, frameB, integer, join, record, shortHeader, stripped } from '../support/telegrams.ts'
import { HEARD, hexOf } from './vectors.ts'

interface Output {
  readonly program: string
  readonly format: string
  readonly telegram: string | null
  readonly line: string
}
const { outputs } = JSON.parse(readFileSync('test/fixtures/receivers/rtl_433-22.11.json', 'utf8')) as { outputs: readonly Output[] }

const lineOf = (data: Uint8Array, mode = 'T', rest: object = {}): string =>
  JSON.stringify({
    time: '2026-11-24 14:02:31',
    model: 'Wireless-MBus',
    mode,
    M: 'KAM',
    id: 71000042,
    data: hexOf(data),
    mic: 'CRC',
    ...rest,
  })
const read = (line: string): string | null => {
  const telegram = telegramOfRtl433Line(line, HEARD, 'sdr')
  return telegram && hexOf(telegram.bytes)
}

const meter = { manufacturer: 'KAM', id: '71000042', version: 0x34, type: 0x04 }
const telegramOf = (records: number): Uint8Array =>
  stripped(meter, shortHeader(meter, join(...Array.from({ length: records }, (_, i) => record('04 06', integer(i, 4))))))
const withByte = (bytes: Uint8Array, at: number, value: number): Uint8Array => bytes.map((byte, i) => (i === at ? value : byte))

describe('a line of rtl_433', () => {
  it.each(outputs)('$program, $format', ({ telegram, line }) => {
    expect(read(line)).toBe(telegram)
  })

  it('is a telegram without CRCs, and its signal strength no dBm', () => {
    const bytes = telegramOf(3)
    const telegram = telegramOfRtl433Line(lineOf(bytes, 'C', { rssi: -5.4, snr: 20.1 }), HEARD, 'sdr')
    expect(telegram).toEqual({ bytes, crc: 'stripped', heard: HEARD, receiver: 'sdr', rssi: null, mode: 'c1' })
    expect(telegramOfRtl433Line(lineOf(bytes, 'S'), HEARD, 'sdr')?.mode).toBe('s1')
    expect(telegramOfRtl433Line(lineOf(bytes, 'F'), HEARD, 'sdr')?.mode).toBeNull()
  })

  // Frames of one to many blocks, as each version leaves their L-field and last bytes.
  it.each([1, 2, 3, 5, 8, 13, 18])('of %i records, as every version writes it', (records) => {
    const bytes = telegramOf(records)
    const length = bytes[0]!
    const lastBlock = bytes.subarray(bytes.length - 1 - ((bytes.length - 11) % 16))
    const older = join([length - 2], bytes.subarray(1), integer(crc16(lastBlock), 2).reverse())
    expect(read(lineOf(older))).toBe(hexOf(bytes))
    expect(read(lineOf(bytes))).toBe(hexOf(bytes))
    expect(read(lineOf(withByte(bytes, 0, length + 2), 'C'))).toBe(hexOf(bytes))
    // 24.10 leaves out the last two bytes of format B.
    expect(read(lineOf(withByte(bytes, 0, length + 2).subarray(0, -2), 'C'))).toBeNull()
  })

  it('of format B with two CRCs is spoilt in every version, and passed over', () => {
    const onAir = frameB(telegramOf(25))
    for (const cut of [2, 4]) expect(read(lineOf(onAir.subarray(0, onAir.length - cut), 'C'))).toBeNull()
  })

  it('whose last CRC is wrong is passed over', () => {
    const bytes = telegramOf(3)
    expect(read(lineOf(join([bytes[0]! - 2], bytes.subarray(1), [0, 0])))).toBeNull()
  })

  it.each([
    '',
    'rtl_433 version 25.12',
    '{"model":"Acurite-Tower","id":1}',
    '{"model":"Wireless-MBus","mode":"T","mic":"CRC"}',
    '{"model":"Wireless-MBus","mode":"T","data":"2x","mic":"CRC"}',
    '"Wireless-MBus"',
    'null',
    lineOf(telegramOf(2)).slice(0, -1),
    lineOf(telegramOf(2)).replace('"CRC"', '"PARITY"'),
  ])('not: %s', (line) => {
    expect(read(line)).toBeNull()
  })
})

describe('the output of rtl_433', () => {
  it('gives a telegram a line and counts the rest; a last line may be cut', () => {
    const losses = { skipped: 0, badChecksums: 0 }
    const dialect = rtl433({ receiver: 'sdr', losses })
    const line = lineOf(telegramOf(2))
    const stream = new TextEncoder().encode(`${line}\nDetached kernel driver\n${line}\r\n\n${line}`)
    for (let at = 0, found = 0; at < stream.length; at += 7) {
      found += dialect.feed(stream.subarray(at, at + 7), HEARD).length
      if (at + 7 >= stream.length) expect(found).toBe(2)
    }
    expect(dialect.flush(HEARD)).toEqual([])
    expect(losses).toEqual({ skipped: 'Detached kernel driver\n'.length, badChecksums: 0 })
  })
})
