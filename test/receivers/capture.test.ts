import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ManualClock, manualClock } from '../../src/clock.ts'
import { type Log, silentLog } from '../../src/log.ts'
import type { Outcome } from '../../src/outcome.ts'
import { CAPTURE_START, captureLine, parseCaptureLine, readCapture } from '../../src/receivers/capture.ts'
import { type CaptureWriterOptions, openCapture } from '../../src/receivers/capture-writer.ts'
import type { Telegram } from '../../src/wmbus/telegram.ts'
import { bytesOf, HEARD, hexOf } from './vectors.ts'

const OPTIONS = { receiver: 'file', timeZone: 'Europe/Copenhagen' }
const HEX = '2e4409077882150510077aa1002005dbbea2f8c4d56cdfb4738b0550af6712705c1fff754346aae79a6c8e81b3fed6'
const rtl = (time: string): string => `T1;1;1;${time};31;31;05158278;0x${HEX}`

const telegram: fc.Arbitrary<Telegram> = fc.record({
  bytes: fc.uint8Array({ maxLength: 300 }),
  crc: fc.constantFrom('A', 'B', 'AorB', 'stripped', 'wired', 'unknown'),
  heard: fc.record({
    bootId: fc.string(),
    monotonicMs: fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 }),
    utcMs: fc.option(fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(9999, 11, 31) })),
  }),
  receiver: fc.string(),
  rssi: fc.option(fc.integer({ min: -1300, max: 100 }).map((tenths) => tenths / 10)),
  mode: fc.option(fc.constantFrom('s1', 's1m', 's2', 't1', 't2', 'c1', 'c2', 'r2', 'n1', 'n2')),
})

async function* linesOf(...lines: string[]): AsyncGenerator<string> {
  yield* lines
}

describe('a line of a capture', () => {
  it('reads back to the telegram it was written from', () => {
    fc.assert(
      fc.property(telegram, (t) => {
        expect(captureLine(t)).not.toContain('\n')
        expect(parseCaptureLine(captureLine(t), CAPTURE_START, OPTIONS)).toEqual(t)
      }),
    )
  })

  it('has this form', () => {
    const t: Telegram = { bytes: bytesOf(HEX), crc: 'stripped', heard: HEARD, receiver: 'mast', rssi: -51.5, mode: 't1' }
    expect(captureLine(t)).toBe(
      `{"at":"2026-11-24T00:00:00.000Z","bootId":"boot","monotonicMs":1000,"receiver":"mast","mode":"t1","rssi":-51.5,"crc":"stripped","telegram":"${HEX}"}`,
    )
  })

  it.each([
    ['{"at": 1', /not JSON/],
    ['{}', /telegram/],
    [
      captureLine({ bytes: bytesOf(HEX), crc: 'A', heard: HEARD, receiver: '', rssi: null, mode: null }).replace(HEX, `${HEX}a`),
      /must be hex/,
    ],
    ['telegrams of the chimney', /neither hex/],
    [rtl('2026-07-01 12:00:00').replace('T1;1', 'T1;0'), /CRC is wrong/],
  ])('%s cannot be read', (line, why) => {
    expect(parseCaptureLine(line, CAPTURE_START, OPTIONS)).toMatch(why)
  })
})

describe('the time of a line of rtl_wmbus', () => {
  const utc = (time: string, previousUtc: string | null = null): string | null => {
    const previous = { ...CAPTURE_START, utcMs: previousUtc === null ? null : Date.parse(previousUtc) }
    const { heard } = parseCaptureLine(rtl(time), previous, OPTIONS) as Telegram
    if (heard.utcMs !== previous.utcMs) expect(heard.monotonicMs).toBe(heard.utcMs)
    return heard.utcMs === null ? null : new Date(heard.utcMs).toISOString()
  }

  it.each([
    ['2026-07-01 12:00:00.123456', '2026-07-01T10:00:00.123Z'],
    ['2026-01-01 12:00:00.000', '2026-01-01T11:00:00.000Z'],
    ['2026-01-01 12:00:00', '2026-01-01T11:00:00.000Z'],
    ['2026-01-01 12:00:00.00Z', '2026-01-01T12:00:00.000Z'],
    ['1970-01-01 00:00:07.00Z', null],
    ['2026-02-30 12:00:00', null],
    ['', null],
  ])('%s is %s', (time, expected) => {
    expect(utc(time)).toBe(expected)
  })

  it('goes on in the hour that comes twice', () => {
    expect(utc('2026-10-25 02:30:00')).toBe('2026-10-25T00:30:00.000Z')
    expect(utc('2026-10-25 02:30:00', '2026-10-25T00:30:00.001Z')).toBe('2026-10-25T00:30:00.000Z')
    expect(utc('2026-10-25 02:10:00', '2026-10-25T00:50:00.000Z')).toBe('2026-10-25T01:10:00.000Z')
    expect(utc('2026-10-25 03:10:00', '2026-10-25T01:50:00.000Z')).toBe('2026-10-25T02:10:00.000Z')
  })
})

describe('a capture', () => {
  it('may be mixed; what cannot be read is told by line and passed over', async () => {
    const ours: Telegram = { bytes: bytesOf(HEX), crc: 'A', heard: HEARD, receiver: 'mast', rssi: null, mode: 'c1' }
    const problems: unknown[] = []
    const found = []
    const lines = linesOf('# Monday', '', HEX, 'oops', rtl('2026-07-01 12:00:00'), `t=0 telegram=|${HEX}|+1`, captureLine(ours), '\r')
    for await (const t of readCapture(lines, { ...OPTIONS, problem: (line, why) => problems.push([line, why]) })) found.push(t)
    const noon = Date.parse('2026-07-01T10:00:00Z')
    const atNoon = { bootId: 'capture', monotonicMs: noon, utcMs: noon }
    const loose = { bytes: bytesOf(HEX), crc: 'unknown', receiver: 'file', rssi: null, mode: null }
    expect(found).toEqual([
      { ...loose, heard: CAPTURE_START },
      { ...loose, heard: atNoon, crc: 'stripped', mode: 't1' },
      { ...loose, heard: atNoon },
      ours,
    ])
    expect(problems).toEqual([[4, expect.stringContaining('neither hex')]])
  })
})

describe('the capture writer', () => {
  let directory: string
  let file: string
  let clock: ManualClock
  let said: string[]
  const log: Log = { ...silentLog, info: (_, message) => said.push(message) }

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'capture-'))
    file = join(directory, 'capture.jsonl')
    clock = manualClock(null)
    said = []
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  const open = (options: Partial<CaptureWriterOptions> = {}) =>
    openCapture({ file, maxBytes: 1e6, forMs: null, wanted: (meter) => meter === 'AXI-05158278', clock, log, ...options })
  const outcome = (meter: string | null): Outcome => ({
    kind: 'observation',
    telegram: { bytes: bytesOf(HEX), crc: 'stripped', heard: HEARD, receiver: 'mast', rssi: -51.5, mode: 't1' },
    datagram: null,
    hearing: null,
    meter,
    reason: null,
    observation: null,
  })
  const written = (): string[] => readFileSync(file, 'utf8').split('\n').filter(Boolean)
  const LINE = captureLine(outcome(null).telegram)

  it('writes the telegrams of wanted meters into a file that only its owner reads', async () => {
    const writer = open()
    for (const meter of ['AXI-05158278', 'AXI-99999999', null, 'AXI-05158278']) writer.outcome(outcome(meter))
    await writer.close()
    await writer.close()
    expect(written()).toEqual([LINE, LINE])
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(said).toEqual(['capture ended: closed'])
  })

  it('does not overwrite, but goes on with a file when told to, even behind a line that was cut', async () => {
    writeFileSync(file, `${LINE}\n${LINE.slice(0, 20)}`)
    expect(() => open()).toThrow(/exists already.*append/)
    const writer = open({ append: true })
    writer.outcome(outcome('AXI-05158278'))
    await writer.close()
    expect(written()).toEqual([LINE, LINE.slice(0, 20), LINE])
  })

  it('stops before the file is too long, and says so', async () => {
    const writer = open({ maxBytes: 2 * LINE.length + 2 })
    for (let i = 0; i < 5; i++) writer.outcome(outcome('AXI-05158278'))
    await writer.close()
    expect(written()).toEqual([LINE, LINE])
    expect(said).toEqual([expect.stringMatching(/long/)])
  })

  it('stops when its time is over, and says so', async () => {
    const writer = open({ forMs: 60_000 })
    clock.advance(59_999)
    writer.outcome(outcome('AXI-05158278'))
    clock.advance(1)
    writer.outcome(outcome('AXI-05158278'))
    await writer.close()
    expect(written()).toEqual([LINE])
    expect(said).toEqual([expect.stringMatching(/time is over/)])
  })

  it('says what to try where it cannot write', () => {
    expect(() => open({ file: join(directory, 'no', 'capture') })).toThrow(/no such directory/)
    expect(() => open({ file: directory, append: true })).toThrow(/is a directory/)
  })

  it('writes what can be read back', async () => {
    const writer = open({ wanted: () => true })
    writer.outcome(outcome(null))
    await writer.close()
    const [read] = written().map((line) => parseCaptureLine(line, CAPTURE_START, OPTIONS)) as Telegram[]
    expect(hexOf(read!.bytes)).toBe(HEX)
  })
})
