/**
 * What rtl_433 and rtl_wmbus printed for public radio recordings, kept outside this repository: VARMESKY_EXAM names a directory, and
 * the captures lie in `captures` beside it. Every line goes through the dialect and the pipeline's own framing.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Dialect, DialectContext } from '../../src/receivers/dialect.ts'
import { rtl433 } from '../../src/receivers/streams/rtl-433.ts'
import { rtlWmbus } from '../../src/receivers/streams/rtl-wmbus.ts'
import { meterName } from '../../src/wmbus/address.ts'
import { decode } from '../../src/wmbus/decode.ts'
import type { Telegram } from '../../src/wmbus/telegram.ts'
import { child } from '../cli/cli.ts'
import { HEARD, hexOf } from '../receivers/vectors.ts'

const directory = join(process.env['VARMESKY_EXAM'] ?? '', '..', 'captures')
const present = process.env['VARMESKY_EXAM'] !== undefined && existsSync(directory)
const text = (name: string): string => readFileSync(join(directory, name), 'utf8')

const losses = { skipped: 0, badChecksums: 0 }
const heard = (dialect: (context: DialectContext) => Dialect, stream: string): Telegram[] =>
  dialect({ receiver: 'sdr', losses }).feed(new TextEncoder().encode(stream), HEARD)

/** What `varmesky listen` prints of output that is piped in. */
const piped = async (type: string, stream: string): Promise<string[]> => {
  const { status, stdout } = await child(['listen', `${type}:-`, '--jsonl'], { input: stream })
  expect(status).toBe(0)
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).telegram)
}

/** Meter, and what became of the telegram; the keys are nobody's. */
const read = (telegrams: readonly Telegram[]): (string | null)[][] =>
  telegrams.map(({ bytes, crc }) => {
    const d = decode(bytes, crc, null)
    return [d.dll?.address ? meterName(d.dll.address) : null, d.fault, ...d.notes]
  })

describe.skipIf(!present)('captured output', () => {
  it('of rtl_433 22.11: two bytes of a CRC are taken off, and the rest is the telegram', () => {
    const telegrams = heard(rtl433, text('rtl_433_outputs.txt'))
    const same = heard(rtlWmbus, text('rtl_wmbus_outputs.txt')).filter(({ bytes }) => hexOf(bytes).startsWith('29446850698516'))
    expect(telegrams.map((t) => hexOf(t.bytes))).toEqual([hexOf(same[0]!.bytes), hexOf(same[0]!.bytes)])
  })

  it('goes through the pipe', { timeout: 60_000 }, async () => {
    for (const [type, dialect, name] of [
      ['rtl_433', rtl433, 'rtl_433_outputs.txt'],
      ['rtl_wmbus', rtlWmbus, 'rtl_wmbus_outputs.txt'],
    ] as const) {
      const telegrams = heard(dialect, text(name)).map(({ bytes }) => hexOf(bytes))
      expect(telegrams.length).toBeGreaterThan(1)
      expect(await piped(type, text(name))).toEqual(telegrams)
    }
  })

  it('of later versions, as its own tests keep it', () => {
    const lines = text('rtl_433_tests.jsonl').trim().split('\n')
    const stream = lines.map((line) => `${JSON.stringify(JSON.parse(line).json)}\n`).join('')
    expect(read(heard(rtl433, stream))).toEqual([
      ['DME-84850129', 'tpl.key-missing'],
      ['IMT-10025571', 'tpl.key-missing'],
    ])
  })

  it('of rtl_wmbus: what its CRC vouches for is heard, the rest counted', () => {
    losses.badChecksums = 0
    const stream = text('rtl_wmbus_outputs.txt')
    const telegrams = heard(rtlWmbus, stream)
    const lines = stream.split('\n').map((line) => line.split(';'))
    expect(telegrams).toHaveLength(lines.filter(([, , crc]) => crc === '1').length)
    expect(losses.badChecksums).toBe(lines.filter(([, , crc]) => crc === '0').length)
    expect(new Set(read(telegrams).map(([meter, fault]) => `${meter} ${fault}`)).size).toBe(3)
  })
})
