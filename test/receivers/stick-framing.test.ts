import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Dialect } from '../../src/receivers/dialect.ts'
import { cmex } from '../../src/receivers/sticks/cmex.ts'
import { STICKS, type Stick, type StickName } from '../../src/receivers/sticks/sticks.ts'
import { decode } from '../../src/wmbus/decode.ts'
import type { LinkMode, Telegram } from '../../src/wmbus/telegram.ts'
import { amberEmulator } from './emulators/amber.ts'
import { culEmulator, text } from './emulators/cul.ts'
import { ebiEmulator } from './emulators/ebi.ts'
import { answering, type Emulator } from './emulators/emulator.ts'
import { iu891aEmulator } from './emulators/iu891a.ts'
import { rc1180Emulator } from './emulators/rc1180.ts'
import { speak } from './speaking.ts'
import { bytesOf, HEARD, hexOf, IM871A_FRAMES } from './vectors.ts'

/** Those with a decimal number: where no checksum is, one that is not is no way to find a telegram behind damage. */
const TELEGRAMS = IM871A_FRAMES.filter((f) => !f.telegram.startsWith('f79ef520', 8)).map((f) => bytesOf(f.telegram))
const HEX = TELEGRAMS.map(hexOf)

const rawEmulator = (): Emulator => ({ hear: () => null, telegram: (telegram) => telegram })
const cmexEmulator = (): Emulator => ({
  hear: () => null,
  telegram: (telegram) => text(`00028954; ELV;20;1B;00; -50; T;${hexOf(telegram).toUpperCase()};\r\n`),
})

/** Emulators, with the strength they tell for what they hear at about -50 dBm; `sum`: something vouches for every byte. */
const KINDS: readonly {
  name: StickName
  emulator: () => Emulator
  rssi: number | null
  mode: LinkMode | null
  modes?: LinkMode[]
  sum: boolean
}[] = [
  { name: 'iu891a', emulator: iu891aEmulator, rssi: -50, mode: 't1', modes: ['t1'], sum: true },
  { name: 'amb8465', emulator: amberEmulator, rssi: -50, mode: 'c1', modes: ['c1'], sum: true },
  { name: 'cul', emulator: culEmulator, rssi: -50, mode: 't1', modes: ['t1'], sum: true },
  { name: 'rc1180', emulator: rc1180Emulator, rssi: -50, mode: null, sum: false },
  { name: 'ebi', emulator: ebiEmulator, rssi: -50, mode: 's1', modes: ['s1'], sum: true },
  { name: 'raw', emulator: rawEmulator, rssi: null, mode: null, sum: false },
  { name: 'cmex', emulator: cmexEmulator, rssi: -50, mode: 't1', sum: false },
]

describe.each(KINDS)('telegrams of $name', ({ name, emulator: emulate, rssi, mode, modes, sum }) => {
  const stick: Stick = STICKS[name]
  const emulator = emulate()
  const losses = { skipped: 0, badChecksums: 0 }
  /** A dialect that has been through its dialogue. */
  const met = (): Dialect => {
    const dialect = stick.dialect({ receiver: 'mast', losses }, modes)
    expect(speak(dialect, answering(emulator)).trouble).toBeNull()
    dialect.flush(HEARD)
    losses.skipped = 0
    losses.badChecksums = 0
    return dialect
  }
  met()
  const frames = TELEGRAMS.map((telegram) => emulator.telegram(telegram))
  const stream = Uint8Array.from(frames.flatMap((frame) => [...frame]))

  /** As the pipeline sees them: what its CRCs do not bear out is none. */
  const plain = (telegrams: readonly Telegram[]): string[] =>
    telegrams.map(({ bytes, crc }) => decode(bytes, crc, null)).flatMap(({ fault, bytes }) => (fault === 'dll.crc' ? [] : [hexOf(bytes)]))
  const heard = (...parts: readonly Uint8Array[]): Telegram[] => {
    const dialect = met()
    return [...parts.flatMap((part) => dialect.feed(part, HEARD)), ...dialect.flush(HEARD)]
  }

  it('come with what the stick tells of them, and with our time', () => {
    const telegrams = heard(stream)
    expect(plain(telegrams)).toEqual(HEX)
    for (const telegram of telegrams) expect(telegram).toMatchObject({ rssi, mode, receiver: 'mast', heard: HEARD })
  })

  it('come out wherever the stream is cut', () => {
    for (let cut = 0; cut <= stream.length; cut++) {
      expect(plain(heard(stream.subarray(0, cut), stream.subarray(cut)))).toEqual(HEX)
      expect(losses).toEqual({ skipped: 0, badChecksums: 0 })
    }
    expect(plain(heard(...[...stream].map((byte) => Uint8Array.of(byte))))).toEqual(HEX)
  })

  it('come out from the buffer that is used again', () => {
    const dialect = met()
    const buffer = stream.slice()
    const found = [...dialect.feed(buffer.subarray(0, 50), HEARD)]
    buffer.subarray(0, 50).fill(0)
    found.push(...dialect.feed(buffer.subarray(50), HEARD))
    buffer.fill(0)
    found.push(...dialect.flush(HEARD))
    expect(plain(found)).toEqual(HEX)
  })

  it('are lost only where the stream is cut off', () => {
    let end = 0
    const ends = frames.map((frame) => (end += frame.length))
    for (let cut = 0; cut < stream.length; cut++) {
      const whole = ends.filter((end) => end <= cut).length
      const found = plain(heard(stream.subarray(0, cut)))
      // The last one may be whole but for the end of its line; without a checksum, one more byte may be its own, and makes it doubtful.
      const doubtful = (name === 'raw' || name === 'rc1180') && ends.includes(cut - 1)
      expect([whole, name === 'cul' ? whole + 1 : doubtful ? whole - 1 : whole]).toContain(found.length)
      expect(found).toEqual(HEX.slice(0, found.length))
    }
  })

  it('that come after half of another, which silence ends, are not lost', () => {
    const dialect = met()
    for (let cut = 1; cut < frames[2]!.length; cut++) {
      const half = [...dialect.feed(frames[2]!.subarray(0, cut), HEARD), ...(dialect.patienceMs === null ? [] : dialect.flush(HEARD))]
      const next = [...dialect.feed(frames[3]!, HEARD), ...dialect.flush(HEARD)]
      expect([plain(half), plain(next)]).toEqual([[], [HEX[3]]])
    }
  })

  it('are lost only one by one where a byte is lost, added or changed', () => {
    const counts = { damaged: 0, twoLost: 0, wrong: 0 }
    for (let at = 0; at < stream.length; at++)
      for (const middle of [[], [0x00, stream[at]!], [0x5a, stream[at]!], [stream[at]! ^ 0x01], [stream[at]! ^ 0x80]]) {
        const found = plain(heard(Uint8Array.of(...stream.subarray(0, at), ...middle, ...stream.subarray(at + 1))))
        counts.damaged++
        if (HEX.filter((telegram) => !found.includes(telegram)).length > 1) counts.twoLost++
        if (found.some((telegram) => !HEX.includes(telegram))) counts.wrong++
      }
    // Eight bits of checksum miss one in 256 of what shifts the bytes; without one, the place of a telegram tells nearly always.
    expect(counts.twoLost).toBeLessThanOrEqual(counts.damaged / 200)
    if (sum) expect(counts.wrong).toBeLessThanOrEqual(counts.damaged / 200)
    // Two of five only change a byte, and nothing shows that.
    if (name === 'raw' || name === 'rc1180') expect(counts.wrong).toBeLessThan(counts.damaged * 0.41)
    if (name === 'iu891a' || name === 'cul') expect(counts).toMatchObject({ twoLost: 0, wrong: 0 })
  })

  it('are lost at most one to a burst of noise between two', () => {
    fc.assert(
      fc.property(fc.nat(frames.length), fc.uint8Array({ minLength: 1, maxLength: 300 }), (at, noise) => {
        const parts = [...frames.slice(0, at), noise, ...frames.slice(at)].flatMap((part) => [...part])
        const found = plain(heard(Uint8Array.from(parts)))
        expect(HEX.filter((telegram) => !found.includes(telegram)).length).toBeLessThanOrEqual(sum || name === 'cmex' ? 0 : 1)
      }),
      { numRuns: 500, seed: 1 },
    )
  })

  it('are found after a megabyte of noise, of which 4 KiB are kept at most', () => {
    const noise = Uint8Array.from({ length: 1_000_000 }, (_, i) => Math.imul(i ^ 0x5bd1e995, 2654435761) >>> 24)
    const dialect = met()
    for (let at = 0; at < noise.length; at += 4096) {
      dialect.feed(noise.subarray(at, at + 4096), HEARD)
      if (at % 7 > 0) continue
      const before = losses.skipped
      dialect.flush(HEARD)
      // A line feed that is missing counts as skipped.
      expect(losses.skipped - before).toBeLessThanOrEqual(4096 + 1)
    }
    dialect.flush(HEARD)
    expect(losses.skipped).toBeGreaterThan(900_000)
    expect(plain([...frames.flatMap((frame) => dialect.feed(frame, HEARD)), ...dialect.flush(HEARD)])).toEqual(HEX)
  })
})

describe('a wrong checksum on the wire', () => {
  it.each(KINDS.filter(({ name }) => ['iu891a', 'amb8465', 'ebi'].includes(name)))(
    'of $name is counted, and nothing is delivered',
    ({ name, emulator, modes }) => {
      const losses = { skipped: 0, badChecksums: 0 }
      const device = emulator()
      const dialect = (STICKS[name] as Stick).dialect({ receiver: 'mast', losses }, modes)
      speak(dialect, answering(device))
      losses.badChecksums = 0
      const frame = device.telegram(TELEGRAMS[2]!)
      frame[frame.length - 3]! ^= 1
      expect([...dialect.feed(frame, HEARD), ...dialect.flush(HEARD)]).toEqual([])
      expect(losses.badChecksums).toBeGreaterThan(0)
    },
  )
})

describe('lines of an Elvaco CMeX50', () => {
  it.each([
    ['00028954;*ELV;20;1B;00; -83;Cb;2e4409077882150510077a;', -83, 'c1'],
    ['00028954; ELV;20;1B;00;-101; S;2e4409077882150510077a;', -101, 's1'],
  ])('%s', (line, rssi, mode) => {
    const [telegram] = cmex({ receiver: 'mast', losses: { skipped: 0, badChecksums: 0 } }).feed(text(`${line}\r\n`), HEARD)
    expect(telegram).toMatchObject({ rssi, mode, crc: 'unknown' })
  })

  it('that only tell who was heard are none', () => {
    const losses = { skipped: 0, badChecksums: 0 }
    expect(cmex({ receiver: 'mast', losses }).feed(text('00028954; ELV;20;1B;00; -83; T;\r\n'), HEARD)).toEqual([])
    expect(losses.skipped).toBeGreaterThan(0)
  })
})
