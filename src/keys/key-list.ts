/** Keys that name no meters, tried on the telegrams of meters that have none. */
import type { Address } from '../wmbus/address.ts'
import type { Telegram } from '../wmbus/telegram.ts'
import { type Candidate, candidateOf, hexOf, type Try } from './candidate.ts'
import { type Fit, isProven } from './fit.ts'

export interface KeyList {
  size(): number
  /** Adds what is new. */
  take(keys: readonly Uint8Array[], by: string): void
  clear(): void
  /** Calls `settle` where the telegram proves a key of the list, which leaves the list. */
  try(meter: string, whose: Address, telegram: Telegram, settle: (candidate: Candidate, fit: Fit) => void): void
  forget(meter: string): void
}

/** How far one meter is through the list, and the keys that opened its last telegram. */
interface Search {
  next: number
  fits: Map<Candidate, Fit>
}

export const MOST_KEYS = 20_000
const MOST_METERS = 20_000
/** A try costs some 10 µs: so many are 5 % of a slow processor, and few enough at once that nobody waits. */
const A_SECOND = 5_000
const AT_ONCE = 250

export function keyList(attempt: Try): KeyList {
  const list: Candidate[] = []
  const taken = new Set<string>()
  const searches = new Map<string, Search>()
  const budget = perSecond(A_SECOND)
  /** Those that opened the last telegram come first, then as many others as there is time for. */
  const due = ({ next, fits }: Search, granted: number): readonly Candidate[] => {
    const others = Array.from({ length: granted }, (_, n) => list[(next + n) % list.length]!)
    return [...[...fits.keys()].filter((candidate) => list.includes(candidate)), ...others.filter((candidate) => !fits.has(candidate))]
  }
  return {
    size: () => list.length,
    take(keys, by) {
      for (const candidate of keys.map((key) => candidateOf(key, by))) {
        if (list.length < MOST_KEYS && !taken.has(hexOf(candidate))) list.push(candidate)
        taken.add(hexOf(candidate))
      }
    },
    clear() {
      for (const candidate of list.splice(0)) taken.delete(hexOf(candidate))
      searches.clear()
    },
    try(meter, whose, telegram, settle) {
      const search = searches.get(meter) ?? { next: 0, fits: new Map() }
      if (searches.size >= MOST_METERS && !searches.has(meter)) return
      searches.set(meter, search)
      const fits = new Map<Candidate, Fit>()
      const granted = budget(Math.min(AT_ONCE, list.length), telegram.heard.monotonicMs)
      for (const candidate of due(search, granted)) {
        const fit = attempt(telegram, whose, candidate, search.fits.get(candidate) ?? null)
        if (fit) fits.set(candidate, fit)
        if (!fit || !isProven(fit)) continue
        searches.delete(meter)
        list.splice(list.indexOf(candidate), 1)
        return settle(candidate, fit)
      }
      searches.set(meter, { next: (search.next + granted) % list.length, fits })
    },
    forget: (meter) => void searches.delete(meter),
  }
}

/** So many in each second of the monotonic clock: how many of those wanted may be had now. */
function perSecond(most: number): (wanted: number, nowMs: number) => number {
  let [second, left] = [-1, most]
  return (wanted, nowMs) => {
    const now = Math.floor(nowMs / 1_000)
    if (now !== second) [second, left] = [now, most]
    const granted = Math.min(wanted, left)
    left -= granted
    return granted
  }
}
