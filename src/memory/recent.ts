import type { Observation } from '../decoders/observation.ts'
import type { Datagram } from '../wmbus/datagram.ts'
import type { Telegram } from '../wmbus/telegram.ts'

/** One telegram heard lately, by one receiver or several. */
export interface Hearing {
  readonly firstMs: number
  /** How often it was heard, 1 the first time. */
  times: number
  /** Receiver → its signal strength in dBm. */
  readonly rssi: Map<string, number | null>
  /** What it came to, so that a second hearing nearer to midnight can speak for the day. */
  observation: Observation | null
}

/** Telegrams of the last seconds: the same bytes again, from another receiver or a repeater, are no new telegram. */
export interface Recent {
  /** Remembers the telegram; `times` of what comes back is more than 1 for one heard within the window. */
  hear(d: Datagram, t: Telegram): Hearing
  size(): number
}

/** Bits that repeaters change: C bit 7, and hop and repeated access in the extended link layer's CC. */
const STABLE_C = 0x7f
const STABLE_CC = 0xed
const CI_AT = 10
const isEll = (ci: number): boolean => ci >= 0x8c && ci <= 0x8f

/** Two 32-bit FNV-1a hashes over the bytes without the bits that change on the way, as one 53-bit number. */
export function fingerprint(d: Datagram): number {
  const { bytes } = d
  const cc = !d.wired && isEll(bytes[CI_AT]!) ? CI_AT + 1 : -1
  let a = 0x811c9dc5
  let b = 0x01000193
  for (let i = 0; i < bytes.length; i++) {
    const byte = i === 1 ? bytes[i]! & STABLE_C : i === cc ? bytes[i]! & STABLE_CC : bytes[i]!
    a = Math.imul(a ^ byte, 0x01000193)
    b = Math.imul(b ^ byte, 0x5bd1e995)
    b ^= b >>> 15
  }
  return (a >>> 0) * 0x20_0000 + (b >>> 11)
}

/**
 * Bounded by time and number. The same bytes after the window are a new hearing: some meters send a constant telegram all
 * day.
 */
export function recentTelegrams(windowMs: number, most: number): Recent {
  const hearings = new Map<number, Hearing>()

  function forget(nowMs: number): void {
    for (const [key, hearing] of hearings) {
      if (hearings.size <= most && nowMs - hearing.firstMs <= windowMs) return
      hearings.delete(key)
    }
  }

  return {
    hear(d, t) {
      const nowMs = t.heard.monotonicMs
      forget(nowMs)
      const key = fingerprint(d)
      let hearing = hearings.get(key)
      if (!hearing) {
        hearing = { firstMs: nowMs, times: 0, rssi: new Map(), observation: null }
        hearings.set(key, hearing)
      }
      hearing.times++
      hearing.rssi.set(t.receiver, t.rssi)
      return hearing
    },
    size: () => hearings.size,
  }
}
