/**
 * Keys that are tried on what stays closed: a list of keys that names no meters, on meters without a key; and the next key of a meter,
 * once its own key opens nothing any more. A key is believed after two telegrams that fit each other (`trust.ts`).
 */
import { identify } from '../identity.ts'
import type { Log } from '../log.ts'
import type { Mark, Marks } from '../memory/marks.ts'
import type { Observer, Outcome } from '../outcome.ts'
import { keyCheck } from '../store/sealed-key.ts'
import type { Store } from '../store/store.ts'
import type { Address } from '../wmbus/address.ts'
import { aesKey, type Key } from '../wmbus/security.ts'
import { type Codec, type Fit, isProven, tryKey } from './fit.ts'

export interface TrialParts extends Codec {
  readonly store: Pick<Store, 'meters' | 'audit'>
  readonly marks: Marks
  readonly log: Log
  /** The meter sends with its next key from now on. */
  promoted(meter: string): void
}

/** A key that is a meter's. */
export interface FoundKey {
  readonly meter: string
  readonly keyCheck: string
  /** Of a meter that is not registered, it waits for somebody to say that the meter is ours. */
  readonly state: 'stored' | 'proposed'
}

export interface TrialState {
  /** Keys that no meter was found for yet. */
  readonly keys: number
  readonly tries: number
  readonly found: readonly FoundKey[]
}

export interface KeyTrial extends Observer {
  /** Tries these keys from now on, beside those of earlier lists, until the process ends; what fits is stored in `by`'s name. */
  take(keys: readonly Uint8Array[], by: string): void
  /** Gives the keys up that fitted nothing so far. */
  stop(): void
  /** Registers meters whose key was found; those that are not proposed are left out. Which were. */
  accept(meters: readonly string[] | 'all'): readonly string[]
  state(): TrialState
  forget(meter: string): void
}

interface Candidate {
  readonly key: Key
  readonly check: string
  readonly hex: string
  readonly by: string
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

const CLOSED: Readonly<Record<string, 'no-key' | 'wrong-key'>> = {
  'tpl.key-missing': 'no-key',
  'ell.key-missing': 'no-key',
  'tpl.key-wrong': 'wrong-key',
  'ell.key-wrong': 'wrong-key',
}

export function keyTrial(parts: TrialParts): KeyTrial {
  const { store, marks, log } = parts
  const { meters } = store
  const list: Candidate[] = []
  const searches = new Map<string, Search>()
  const nexts = new Map<string, { candidate: Candidate; fit: Fit | null }>()
  const found = new Map<string, FoundKey & { readonly candidate: Candidate; readonly mark: Mark }>()
  const budget = perSecond(A_SECOND)
  let tries = 0

  const fitOf = ({ telegram }: Outcome, whose: Address, { key, check }: Candidate, before: Fit | undefined | null): Fit | null => {
    tries++
    return tryKey(parts, telegram, whose, key, before ?? check)
  }
  const settle = (meter: string, candidate: Candidate, { mark }: Fit): void => {
    searches.delete(meter)
    list.splice(list.indexOf(candidate), 1)
    const isRegistered = meters.get(meter) !== undefined
    found.set(meter, { meter, keyCheck: candidate.check, state: isRegistered ? 'stored' : 'proposed', candidate, mark })
    if (isRegistered) keep(meter, candidate, mark)
    log.info({ meter, keyCheck: candidate.check, registered: isRegistered }, 'a key of the list is the key of this meter')
  }
  const keep = (meter: string, { key, by }: Candidate, mark: Mark): void => {
    store.audit.by(by, () => meters.put([{ meter, key: key.bytes }]))
    marks.put(meter, mark)
  }

  /** Those that opened the last telegram come first, then as many others as there is time for. */
  const search = (meter: string, outcome: Outcome, whose: Address): void => {
    if (searches.size >= MOST_METERS && !searches.has(meter)) return
    const state: Search = searches.get(meter) ?? { next: 0, fits: new Map() }
    searches.set(meter, state)
    const fits = new Map<Candidate, Fit>()
    const attempt = (candidate: Candidate): boolean => {
      const fit = fitOf(outcome, whose, candidate, state.fits.get(candidate))
      if (fit) fits.set(candidate, fit)
      if (!fit || !isProven(fit)) return false
      settle(meter, candidate, fit)
      return true
    }
    for (const candidate of state.fits.keys()) if (list.includes(candidate) && attempt(candidate)) return
    const most = budget.take(Math.min(AT_ONCE, list.length), outcome.telegram.heard.monotonicMs)
    for (let n = 0; n < most; n++) {
      const candidate = list[state.next++ % list.length]!
      if (!state.fits.has(candidate) && attempt(candidate)) return
    }
    state.next %= list.length
    state.fits = fits
  }
  const tryNext = (meter: string, outcome: Outcome, whose: Address): void => {
    const known = nexts.get(meter) ?? nextOf(meter)
    if (known === null) return
    const fit = fitOf(outcome, whose, known.candidate, known.fit)
    nexts.set(meter, { ...known, fit })
    if (!fit || !isProven(fit)) return
    meters.promote(meter)
    marks.put(meter, fit.mark)
    parts.promoted(meter)
  }
  const nextOf = (meter: string) => {
    try {
      const key = meters.nextKeyOf(meter)
      return key && { candidate: candidateOf(key, ''), fit: null }
    } catch (err) {
      log.error({ err, meter }, 'the next key of this meter cannot be used')
      return null
    }
  }

  /** Of a meter that nobody has registered, and encrypted. */
  const isStrange = ({ kind, meter, datagram }: Outcome): boolean =>
    kind === 'unlisted' &&
    (datagram!.sealed || (datagram!.tpl?.securityMode ?? 0) > 0) &&
    !found.has(meter!) &&
    meters.get(meter!) === undefined

  return {
    outcome(outcome) {
      const { kind, reason, meter, datagram } = outcome
      if (meter === null || datagram === null || (kind !== 'fault' && kind !== 'unlisted')) return
      const closed = CLOSED[reason ?? '']
      const wantsNext = closed === 'wrong-key' && meters.get(meter)?.nextKeyCheck != null
      const wantsList = list.length > 0 && (closed === 'no-key' || isStrange(outcome))
      const whose = wantsNext || wantsList ? identify(datagram) : null
      if (whose === null) return
      if (wantsNext) tryNext(meter, outcome, whose)
      else search(meter, outcome, whose)
    },
    take(keys, by) {
      const known = new Set([...list, ...[...found.values()].map(({ candidate }) => candidate)].map(({ hex }) => hex))
      for (const key of keys) {
        const candidate = candidateOf(key, by)
        if (list.length < MOST_KEYS && !known.has(candidate.hex)) list.push(candidate)
        known.add(candidate.hex)
      }
    },
    stop() {
      list.length = 0
      searches.clear()
    },
    accept(wanted) {
      const accepted = [...found.values()].filter(
        ({ meter, state }) => state === 'proposed' && (wanted === 'all' || wanted.includes(meter)),
      )
      for (const one of accepted) {
        keep(one.meter, one.candidate, one.mark)
        found.set(one.meter, { ...one, state: 'stored' })
      }
      return accepted.map(({ meter }) => meter)
    },
    state: () => ({ keys: list.length, tries, found: [...found.values()].map(({ candidate: _, mark: __, ...told }) => told) }),
    forget(meter) {
      nexts.delete(meter)
      if (meters.get(meter) === undefined) searches.delete(meter)
    },
  }
}

const candidateOf = (bytes: Uint8Array, by: string): Candidate => ({
  key: aesKey(bytes, true),
  check: keyCheck(bytes),
  hex: Buffer.from(bytes).toString('hex'),
  by,
})

/** So many in each second of the monotonic clock. */
function perSecond(most: number): { take(wanted: number, nowMs: number): number } {
  let [second, left] = [-1, most]
  return {
    take(wanted, nowMs) {
      const now = Math.floor(nowMs / 1_000)
      if (now !== second) [second, left] = [now, most]
      const granted = Math.min(wanted, left)
      left -= granted
      return granted
    },
  }
}
