import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { decode } from '../../src/wmbus/decode.ts'
import { frameA } from '../support/telegrams.ts'
import { KINDS } from './emulators/kinds.ts'
import { type Wired, wire } from './emulators/wired.ts'
import { bytesOf, hexOf, IM871A_FRAMES } from './vectors.ts'

/** Short ones, with a decimal number: where no checksum is, one that is not is no way to find a telegram behind damage. */
const TELEGRAMS = [2, 4, 6].map((n) => bytesOf(IM871A_FRAMES[n]!.telegram))
const HEX = TELEGRAMS.map(hexOf)
/** Silence that ends what is half there. */
const SILENCE_MS = 1000

const joined = (parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]))
const flipped = (bytes: Uint8Array, at: number): Uint8Array => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte))
/** Noise of any bytes, those among them that begin frames. */
const noise = (length: number, seed: number): Uint8Array =>
  Uint8Array.from(
    { length },
    (_, i) => [0xa5, 0xff, 0xc0, 0x44, 0x00][(i + seed) % 9] ?? Math.imul((i + 1) * (seed + 7), 2654435761) >>> 24,
  )

/** What cannot be had in memory: the pieces in which a terminal hands bytes over. `stick-framing.test.ts` tries the same dialects on far more. */
describe.each(KINDS)('telegrams of $use over a pseudo terminal', ({ use, emulate, vouched, rssi }) => {
  const emulator = emulate()
  let wired: Wired
  let frames: readonly Uint8Array[]
  /** What comes of bytes and the silence after them, as the pipeline sees it: what its CRCs do not bear out is none. */
  const heardOf = async (...pieces: readonly Uint8Array[]): Promise<string[]> => {
    for (const piece of pieces) await wired.send(piece)
    await wired.pass(SILENCE_MS)
    return wired
      .heard()
      .map(({ bytes, crc }) => decode(bytes, crc, null))
      .flatMap(({ fault, bytes }) => (fault === 'dll.crc' ? [] : [hexOf(bytes)]))
  }
  const losses = () => {
    const { skipped, badChecksums } = wired.receiver.health()
    return { skipped, badChecksums }
  }

  beforeEach(async () => {
    wired = await wire(use, emulator)
    expect(wired.receiver.health()).toMatchObject({ state: 'receiving', trouble: null })
    frames = TELEGRAMS.map((telegram) => emulator.telegram(telegram))
  })
  afterEach(() => wired.close())

  it('all come out, cut at every byte, and with their strength', async () => {
    const stream = joined(frames)
    for (let cut = 1; cut < stream.length; cut++) expect(await heardOf(stream.subarray(0, cut), stream.subarray(cut))).toEqual(HEX)
    expect(await heardOf(...[...stream].map((byte) => Uint8Array.of(byte)))).toEqual(HEX)
    expect([losses(), wired.receiver.health()]).toMatchObject([
      { skipped: 0, badChecksums: 0 },
      { telegrams: HEX.length * stream.length, lastRssi: rssi },
    ])
  })

  it('all come out with noise before, between and behind; where nothing vouches for them, at most one is lost to a burst', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const at = seed % (frames.length + 1)
      const found = await heardOf(...frames.slice(0, at), noise(1 + 13 * seed, seed), ...frames.slice(at))
      expect(HEX.filter((telegram) => !found.includes(telegram)).length).toBeLessThanOrEqual(vouched === null ? 1 : 0)
      if (vouched !== null) expect(found).toEqual(HEX)
    }
    if (vouched === 'checksum') expect(losses().skipped).toBeGreaterThan(1000)
  })

  it.skipIf(vouched === null)('that are damaged are not delivered; the next one is', async () => {
    for (const [n, frame] of frames.entries()) {
      const before = losses().badChecksums
      // Within the telegram: the end of a line, and what a line begins with, vouch for nothing.
      const damaged = flipped(frame, Math.floor(frame.length / 2))
      expect(await heardOf(joined(frames.map((other, i) => (i === n ? damaged : other))))).toEqual(HEX.filter((_, i) => i !== n))
      if (vouched === 'checksum') expect(losses().badChecksums).toBeGreaterThan(before)
    }
  })

  it('that are cut short anywhere are not delivered; the next one is', async () => {
    const [short, next] = [frames[1]!, frames[2]!]
    for (let cut = 1; cut < short.length; cut++)
      expect([await heardOf(short.subarray(0, cut)), await heardOf(next)]).toEqual([[], [HEX[2]]])
  })
})

it('lines of a dongle that prints hex come out, cut at every byte', async () => {
  const lines = TELEGRAMS.map((telegram, n) => (n === 0 ? `Z${hexOf(frameA(telegram))}\r\n` : `0x${hexOf(telegram)};-50\n`)).join('')
  const stream = Uint8Array.from(Buffer.from(lines))
  const wired = await wire('lines', { hear: () => null, telegram: (telegram) => telegram })
  for (let cut = 1; cut < stream.length; cut++) {
    for (const piece of [stream.subarray(0, cut), stream.subarray(cut)]) await wired.send(piece)
    const heard = wired.heard()
    expect(heard.map(({ bytes, crc }) => hexOf(decode(bytes, crc, null).bytes))).toEqual(HEX)
    expect(heard.map(({ rssi }) => rssi)).toEqual([null, -50, -50])
  }
  await wired.close()
})
