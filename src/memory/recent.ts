import type { Observation } from '../decoders/observation.ts'
import type { Datagram } from '../wmbus/datagram.ts'
import type { Telegram } from '../wmbus/telegram.ts'

/** How one receiver heard a telegram. */
export interface HeardBy {
  readonly receiver: string
  /** dBm, or null where it does not tell dBm. */
  readonly rssi: number | null
  /** It was a repeater's copy: the strength is the repeater's. */
  readonly relayed: boolean
}

/** One telegram heard lately, by one receiver or several. */
export interface Hearing {
  readonly firstMs: number
  /** How often it was heard, 1 the first time. */
  times: number
  /** Every receiver that heard it, once for the meter and once for repeaters, at its strongest. */
  by: readonly HeardBy[]
  /** Whose it is, once that is known. */
  meter: string | null
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
const HOP = 0x10
const C_AT = 1
const CI_AT = 10
const isEll = (ci: number): boolean => ci >= 0x8c && ci <= 0x8f
/** Where CC is; -1 where there is none. */
const ccAt = ({ wired, bytes }: Datagram): number => (!wired && isEll(bytes[CI_AT]!) ? CI_AT + 1 : -1)

/** Sent on by a repeater, as it says itself. */
export const isRelayed = (d: Datagram): boolean =>
  !d.wired && ((d.bytes[C_AT]! & ~STABLE_C) !== 0 || (ccAt(d) > 0 && (d.bytes[ccAt(d)]! & HOP) !== 0))

/** The strongest first; the meter itself before its repeaters, and before who tells no strength. */
const byStrength = (a: HeardBy, b: HeardBy): number =>
  Number(a.relayed) - Number(b.relayed) || (b.rssi ?? Number.NEGATIVE_INFINITY) - (a.rssi ?? Number.NEGATIVE_INFINITY) || 0

/** Who heard it best: who heard the meter itself, as far as anybody did; null for nobody. */
export const heardBest = (by: readonly HeardBy[]): HeardBy | null =>
  by.reduce<HeardBy | null>((best, next) => (best === null || byStrength(next, best) < 0 ? next : best), null)

const sameAs =
  ({ receiver, relayed }: HeardBy) =>
  (other: HeardBy): boolean =>
    other.receiver === receiver && other.relayed === relayed

/** In the place of what the same receiver heard before. */
export const renewed = (known: readonly HeardBy[], by: readonly HeardBy[]): readonly HeardBy[] => [
  ...known.map((before) => by.find(sameAs(before)) ?? before),
  ...by.filter((next) => !known.some(sameAs(next))),
]

/** With one more hearing; of two by the same receiver the stronger counts. */
function withHearing(by: readonly HeardBy[], next: HeardBy): readonly HeardBy[] {
  const same = by.findIndex(sameAs(next))
  if (same < 0) return [...by, next]
  return byStrength(next, by[same]!) < 0 ? by.with(same, next) : by
}

/** Two 32-bit FNV-1a hashes over the bytes without the bits that change on the way, as one 53-bit number. */
export function fingerprint(d: Datagram): number {
  const { bytes } = d
  const cc = ccAt(d)
  let a = 0x811c9dc5
  let b = 0x01000193
  for (let i = 0; i < bytes.length; i++) {
    const byte = i === C_AT ? bytes[i]! & STABLE_C : i === cc ? bytes[i]! & STABLE_CC : bytes[i]!
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
      // Others may remember by it that they counted it: not what it came to, which was offered.
      hearing.observation = null
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
        hearing = { firstMs: nowMs, times: 0, by: [], meter: null, observation: null }
        hearings.set(key, hearing)
      }
      hearing.times++
      hearing.by = withHearing(hearing.by, { receiver: t.receiver, rssi: t.rssi, relayed: isRelayed(d) })
      return hearing
    },
    size: () => hearings.size,
  }
}
