import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fingerprint, heardBest, recentTelegrams } from '../../src/memory/recent.ts'
import { frame } from '../../src/wmbus/decode.ts'
import type { Telegram } from '../../src/wmbus/telegram.ts'
import { METER } from '../support/records.ts'
import { ellPlain, hex, hexOf, noHeader, stripped, wired } from '../support/telegrams.ts'

const WINDOW_MS = 30_000
const CONTENT = noHeader(hex('0B13436587'))

const telegram = (bytes: Uint8Array, monotonicMs: number, receiver = 'roof', rssi: number | null = null): Telegram => ({
  bytes,
  crc: 'stripped',
  heard: { bootId: 'boot', monotonicMs, utcMs: null },
  receiver,
  rssi,
  mode: null,
})
const numbered = (n: number): Uint8Array => stripped({ ...METER, id: String(n).padStart(8, '0') }, CONTENT)

describe('telegrams of the last seconds', () => {
  const heard = (recent: ReturnType<typeof recentTelegrams>, n: number, ms: number, receiver?: string, rssi?: number) => {
    const t = telegram(numbered(n), ms, receiver, rssi)
    return recent.hear(frame(t.bytes, t.crc), t)
  }

  it('are counted, with what each receiver heard of them', () => {
    const recent = recentTelegrams(WINDOW_MS, 10)
    heard(recent, 1, 0, 'roof', -80)
    heard(recent, 1, 10, 'cellar', -95)
    const hearing = heard(recent, 1, 20, 'roof', -78)
    expect(hearing).toMatchObject({ firstMs: 0, times: 3 })
    heard(recent, 1, 25, 'roof', -90)
    expect(hearing.by).toEqual([
      { receiver: 'roof', rssi: -78, relayed: false },
      { receiver: 'cellar', rssi: -95, relayed: false },
    ])
    expect(heardBest(hearing.by)).toMatchObject({ receiver: 'roof', rssi: -78 })
  })

  it.each([
    ['C bit 7', 1, 0x80],
    ['the hop bit', 11, 0x10],
  ])('sent on by a repeater (%s) are the same, and their strength is not the meter’s', (_, at, bit) => {
    const recent = recentTelegrams(WINDOW_MS, 10)
    const bytes = stripped(METER, ellPlain(CONTENT, { communicationControl: 0x02 }))
    const copy = bytes.slice()
    copy[at]! |= bit
    const hear = (t: Telegram) => recent.hear(frame(t.bytes, t.crc), t)
    hear(telegram(copy, 0, 'roof', -40))
    expect(heardBest(hear(telegram(copy, 1, 'cellar', null)).by)).toMatchObject({ rssi: -40, relayed: true })
    const { times, by } = hear(telegram(bytes, 2, 'roof', -80))
    expect([times, heardBest(by)]).toEqual([3, { receiver: 'roof', rssi: -80, relayed: false }])
    expect(by).toHaveLength(3)
  })

  it('best heard: nobody’s best is nobody', () => expect(heardBest([])).toBeNull())

  it('are new again once the window has passed since the first hearing, however often they came', () => {
    const recent = recentTelegrams(WINDOW_MS, 10)
    for (const [ms, times] of [
      [0, 1],
      [WINDOW_MS - 1, 2],
      [WINDOW_MS, 3],
      [WINDOW_MS + 1, 1],
    ] as const)
      expect(heard(recent, 1, ms).times).toBe(times)
  })

  it('are forgotten by time and by number, the oldest first', () => {
    const recent = recentTelegrams(WINDOW_MS, 10)
    for (let n = 0; n < 1000; n++) {
      heard(recent, n, n)
      expect(recent.size()).toBeLessThanOrEqual(11)
    }
    expect(heard(recent, 999, 1000).times).toBe(2)
    expect(heard(recent, 1, 1000).times).toBe(1)
    heard(recent, 5, 10 * WINDOW_MS)
    expect(recent.size()).toBe(1)
  })
})

describe('a fingerprint', () => {
  const of = (bytes: Uint8Array, crc: 'stripped' | 'wired' = 'stripped'): number => fingerprint(frame(bytes, crc))

  it('is an exact number, the same for what a repeater changes', () => {
    const bytes = stripped(METER, ellPlain(CONTENT, { communicationControl: 0x00 }))
    const repeated = bytes.slice()
    repeated[1]! |= 0x80
    repeated[11]! |= 0x12
    expect(Number.isSafeInteger(of(bytes))).toBe(true)
    expect(of(repeated)).toBe(of(bytes))
  })

  it('is another one for any other bit', () => {
    const bytes = stripped(METER, ellPlain(CONTENT, { communicationControl: 0x00 }))
    const known = new Set([of(bytes)])
    for (let bit = 16; bit < 8 * bytes.length; bit++) {
      const other = bytes.slice()
      other[bit >> 3]! ^= 1 << (bit & 7)
      if (bit >> 3 === 11 && (1 << (bit & 7)) & 0x12) continue
      expect(known.has(of(other)), `bit ${bit}`).toBe(false)
      known.add(of(other))
    }
  })

  it('of two telegrams is practically never the same', () => {
    const content = fc.uint8Array({ minLength: 1, maxLength: 60 })
    fc.assert(fc.property(content, content, (a, b) => hexOf(a) === hexOf(b) || of(stripped(METER, a)) !== of(stripped(METER, b))))
  })

  it('of a wired frame knows no link layer', () => {
    expect(of(wired(CONTENT), 'wired')).not.toBe(of(wired(hex('780B13436586')), 'wired'))
  })
})
