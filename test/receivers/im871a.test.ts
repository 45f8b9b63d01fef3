import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { framed, telegramFrame } from '../../demo/im871a-stick.ts'
import { manualClock } from '../../src/clock.ts'
import type { Dialect } from '../../src/receivers/dialect.ts'
import { crcX25 } from '../../src/receivers/sticks/crc-x25.ts'
import { startDialogue } from '../../src/receivers/sticks/dialogue.ts'
import { im871a } from '../../src/receivers/sticks/im871a.ts'
import type { LinkMode, Telegram } from '../../src/wmbus/telegram.ts'
import { speak as speakWith } from './speaking.ts'
import { bytesOf, HEARD, hexOf, IM871A_FRAMES } from './vectors.ts'

const stick = (modes?: readonly LinkMode[]) => {
  const losses = { skipped: 0, badChecksums: 0 }
  return { losses, dialect: im871a({ receiver: 'mast', losses }, modes) }
}
const texts = (telegrams: readonly Telegram[]): string[] => telegrams.map((t) => hexOf(t.bytes))
const joined = (parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]))

const telegram = fc.uint8Array({ minLength: 10, maxLength: 255 }).map((rest) => Uint8Array.of(rest.length, ...rest))
const frame = fc.record({ telegram, rssi: fc.option(fc.integer({ min: 0, max: 255 })) })
const frames = fc.array(frame, { minLength: 1, maxLength: 6 })

describe('CRC-16/X-25', () => {
  it('has the catalogue check value', () => {
    expect(crcX25(new TextEncoder().encode('123456789'), 0, 9)).toBe(0x906e)
  })
})

describe('iM871A telegrams', () => {
  it.each(IM871A_FRAMES)('reads the real frame of $source', ({ frame, telegram, rssiRaw }) => {
    const { dialect, losses } = stick()
    const [heard, ...more] = dialect.feed(bytesOf(frame), HEARD)
    expect(more).toEqual([])
    expect(hexOf(heard!.bytes)).toBe(telegram)
    expect(heard).toMatchObject({ crc: 'stripped', heard: HEARD, receiver: 'mast', mode: null })
    expect(heard!.rssi).toBeCloseTo((rssiRaw * 8) / 15 - 380 / 3, 0)
    expect(losses).toEqual({ skipped: 0, badChecksums: 0 })
  })

  it('tells no signal strength where the stick sends none', () => {
    expect(stick().dialect.feed(telegramFrame(bytesOf('0b44931544332211550837ff'), null), HEARD)[0]!.rssi).toBeNull()
  })

  it('does not depend on where a stream of real frames is cut', () => {
    const stream = joined([bytesOf('a5c2ff00a5'), ...IM871A_FRAMES.map((f) => bytesOf(f.frame)), bytesOf('a5a581')])
    const whole = stick()
    const expected = whole.dialect.feed(stream, HEARD)
    expect(texts(expected)).toEqual(IM871A_FRAMES.map((f) => f.telegram))
    for (let cut = 0; cut <= stream.length; cut++) {
      const { dialect, losses } = stick()
      const found = [...dialect.feed(stream.subarray(0, cut), HEARD), ...dialect.feed(stream.subarray(cut), HEARD)]
      expect(texts(found)).toEqual(texts(expected))
      expect(losses).toEqual(whole.losses)
    }
  })

  it('does not depend on how frames and noise are cut', () => {
    const piece = fc.oneof(
      frame.map((f) => telegramFrame(f.telegram, f.rssi)),
      fc.uint8Array({ maxLength: 40 }),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1 }), (pieces, cuts) => {
        const stream = joined(pieces)
        const whole = stick()
        const expected = whole.dialect.feed(stream, HEARD)
        const { dialect, losses } = stick()
        const found: Telegram[] = []
        for (let at = 0, i = 0; at < stream.length; at += cuts[i++ % cuts.length]!)
          found.push(...dialect.feed(stream.subarray(at, at + cuts[i % cuts.length]!), HEARD))
        expect(found).toEqual(expected)
        expect(losses).toEqual(whole.losses)
      }),
    )
  })

  it('finds every telegram between noise, and counts what it skipped', () => {
    const noise = fc.uint8Array({ maxLength: 300 })
    fc.assert(
      fc.property(frames, noise, fc.infiniteStream(noise), (list, first, between) => {
        const { dialect, losses } = stick()
        const gaps = list.map(() => between.next().value)
        const found = dialect.feed(joined([first, ...list.flatMap((f, i) => [telegramFrame(f.telegram, f.rssi), gaps[i]!])]), HEARD)
        found.push(...dialect.flush(HEARD))
        expect(texts(found)).toEqual(list.map((f) => hexOf(f.telegram)))
        expect(losses.skipped).toBe(first.length + gaps.reduce((sum, gap) => sum + gap.length, 0))
      }),
    )
  })

  it('finds every telegram after a megabyte of noise', () => {
    const noise = Uint8Array.from({ length: 1_000_000 }, (_, i) => (i % 7 === 0 ? 0xa5 : i % 7 === 1 ? 0xc2 : (i * 2654435761) >>> 24))
    const { dialect } = stick()
    for (let at = 0; at < noise.length; at += 4096) dialect.feed(noise.subarray(at, at + 4096), HEARD)
    const found = IM871A_FRAMES.flatMap((f) => dialect.feed(bytesOf(f.frame), HEARD))
    expect(texts([...found, ...dialect.flush(HEARD)])).toEqual(IM871A_FRAMES.map((f) => f.telegram))
  })

  it('loses the damaged telegram and no other when a bit flips', () => {
    const stream = joined(IM871A_FRAMES.map((f) => bytesOf(f.frame)))
    const ends: number[] = []
    for (const f of IM871A_FRAMES) ends.push((ends.at(-1) ?? 0) + f.frame.length / 2)
    for (let bit = 0; bit < stream.length * 8; bit++) {
      const { dialect, losses } = stick()
      const damaged = stream.slice()
      damaged[bit >> 3]! ^= 1 << (bit & 7)
      const found = texts([...dialect.feed(damaged, HEARD), ...dialect.flush(HEARD)])
      const hit = ends.findIndex((end) => bit >> 3 < end)
      expect(found).toEqual(IM871A_FRAMES.filter((_, i) => i !== hit).map((f) => f.telegram))
      expect(losses.skipped).toBe(IM871A_FRAMES[hit]!.frame.length / 2)
    }
  })

  it('counts a wrong checksum and delivers nothing', () => {
    const { dialect, losses } = stick()
    const bytes = bytesOf(IM871A_FRAMES[0]!.frame)
    bytes[bytes.length - 1]! ^= 1
    expect(dialect.feed(bytes, HEARD)).toEqual([])
    expect(losses.badChecksums).toBeGreaterThan(0)
  })

  it('does not take a frame that has no checksum', () => {
    const unprotected = Uint8Array.of(0xa5, 0x02, 0x03, 0x0b, ...bytesOf('44931544332211550837ff'))
    const { dialect } = stick()
    expect([...dialect.feed(unprotected, HEARD), ...dialect.flush(HEARD)]).toEqual([])
  })

  it('flushes telegrams that wait behind a frame that never ends', () => {
    const { dialect } = stick()
    expect(dialect.feed(joined([bytesOf('a5c203ff'), bytesOf(IM871A_FRAMES[2]!.frame)]), HEARD)).toEqual([])
    expect(texts(dialect.flush(HEARD))).toEqual([IM871A_FRAMES[2]!.telegram])
  })

  it('keeps the bytes it delivered when the buffer they came in is used again', () => {
    const { dialect } = stick()
    const buffer = bytesOf(IM871A_FRAMES[0]!.frame)
    const [heard] = dialect.feed(buffer, HEARD)
    buffer.fill(0)
    expect(hexOf(heard!.bytes)).toBe(IM871A_FRAMES[0]!.telegram)
  })

  it('keeps half a frame when the buffer it came in is used again', () => {
    const { dialect } = stick()
    const bytes = bytesOf(IM871A_FRAMES[0]!.frame)
    const buffer = bytes.slice(0, 50)
    dialect.feed(buffer, HEARD)
    buffer.fill(0)
    expect(texts(dialect.feed(bytes.subarray(50), HEARD))).toEqual([IM871A_FRAMES[0]!.telegram])
  })
})

/** Speaks the dialogue as far as the answers go: what is asked, and the trouble it ends with. */
function speak(dialect: Dialect, answers: readonly Uint8Array[]): { asked: string[]; trouble: string | null | undefined } {
  const clock = manualClock(null)
  const asked: string[] = []
  let trouble: string | null | undefined
  const dialogue = startDialogue(
    dialect.dialogue,
    (bytes) => asked.push(hexOf(bytes)),
    (ended) => {
      trouble = ended
    },
    clock,
  )
  for (const answer of answers) dialect.feed(answer, HEARD, dialogue.answered)
  if (trouble === undefined) clock.advance(60_000)
  return { asked: [...new Set(asked)], trouble }
}

const deviceInfo = (firmware: number, module = 0x33): Uint8Array => framed(0x81, 0x10, 8, module, 0, firmware, 1, 0xf1, 0x3a, 0, 0)
const CONFIG = bytesOf('A5810617FF000700B32512351000010001FF07023200010000000063C9')
const CONFIG_SET = bytesOf('A58104009CF7')

describe('iM871A dialogue', () => {
  it('is the one that real sticks were seen to answer', () => {
    expect(hexOf(deviceInfo(0x13)).toUpperCase()).toBe('A581100833001301F13A000053D9')
    const { dialect } = stick()
    expect(speak(dialect, [deviceInfo(0x14), CONFIG, CONFIG_SET])).toEqual({
      asked: ['a5010f00', 'a5010500', 'a501030600020a300100'],
      trouble: null,
    })
    expect(dialect.about?.()).toBe('iM871A firmware 14, number 00103512, hears C and T')
  })

  it.each<[number, number, LinkMode[] | undefined, string]>([
    [0x33, 0x15, undefined, '0a'],
    [0x33, 0x13, undefined, '03'],
    [0x33, 0x14, ['c1', 't1'], '0a'],
    [0x33, 0x14, ['t1'], '03'],
    [0x33, 0x14, ['c1'], '0a'],
    [0x33, 0x13, ['c1'], '07'],
    [0x33, 0x13, ['s1'], '00'],
    [0x33, 0x13, ['s1m'], '01'],
    [0x33, 0x13, ['s2'], '02'],
    [0x33, 0x13, ['t2'], '04'],
    [0x33, 0x13, ['r2'], '05'],
    [0x33, 0x13, ['c2'], '09'],
    [0x36, 0x13, undefined, '0a'],
    [0x36, 0x13, ['n1'], '0a'],
    [0x36, 0x13, ['n2'], '0b'],
  ])('module %i with firmware %i asked for %j is set to link mode %s', (module, firmware, modes, code) => {
    const { asked, trouble } = speak(stick(modes).dialect, [deviceInfo(firmware, module), CONFIG, CONFIG_SET])
    expect(trouble).toBeNull()
    expect(asked[2]).toBe(`a50103060002${code}300100`)
  })

  it('says what a stick cannot do, and what it can', () => {
    const { asked, trouble } = speak(stick(['c1', 't1']).dialect, [deviceInfo(0x13), CONFIG, CONFIG_SET])
    expect(asked).toEqual(['a5010f00'])
    expect(trouble).toBe(
      'iM871A firmware 13 cannot hear [c1, t1] at once (firmware 14 can): set modes to one of [t1] [c1] [s1] [s1m] [s2] [t2] [r2] [c2]',
    )
  })

  it('asks whether it lives, and restarts it', () => {
    const { dialect } = stick()
    expect(speakWith(dialect, () => bytesOf('A58102004CA3'), [dialect.alive!])).toEqual({ asked: ['a5010100'], trouble: null })
    expect(speakWith(dialect, () => framed(0x81, 0x08, 1, 0), dialect.reset!)).toEqual({ asked: ['a5010700'], trouble: null })
    expect(speakWith(dialect, () => null, [dialect.alive!]).trouble).toMatch(/fell silent/)
  })

  it('does not take another device for the stick', () => {
    expect(speak(stick().dialect, [deviceInfo(0x14, 0x6e)]).trouble).toMatch(/module type 6E/)
  })

  it('does not take an answer that is too short', () => {
    expect(speak(stick().dialect, [framed(0x81, 0x10, 1, 0x33)]).trouble).toMatch(/no answer/)
  })

  it('delivers telegrams that come before and between the answers', () => {
    const { dialect } = stick()
    const messages: string[] = []
    const stream = joined([bytesOf(IM871A_FRAMES[0]!.frame), deviceInfo(0x14), bytesOf(IM871A_FRAMES[1]!.frame)])
    expect(dialect.feed(stream, HEARD, (message) => messages.push(hexOf(message)))).toHaveLength(2)
    expect(messages).toEqual(['011033001401f13a0000'])
  })

  it('tells the link mode once the stick is set to a single one', () => {
    const { dialect } = stick(['t1'])
    const bytes = bytesOf(IM871A_FRAMES[0]!.frame)
    expect(dialect.feed(bytes, HEARD)[0]!.mode).toBeNull()
    speak(dialect, [deviceInfo(0x14), CONFIG, CONFIG_SET])
    expect(dialect.feed(bytes, HEARD)[0]!.mode).toBe('t1')
  })
})
