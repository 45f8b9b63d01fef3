/**
 * Keys that are tried on what stays closed: a list of keys that names no meters, on meters without a key; and the next key of a meter,
 * once its own key opens nothing any more. A key is believed after two telegrams that fit each other (`trust.ts`).
 */
import { identify } from '../identity.ts'
import type { Log } from '../log.ts'
import type { Mark, Marks } from '../memory/marks.ts'
import type { Observer, Outcome } from '../outcome.ts'
import type { Store } from '../store/store.ts'
import { KEY_FAULTS } from '../wmbus/fault.ts'
import { type Candidate, trier } from './candidate.ts'
import type { Codec, Fit } from './fit.ts'
import { keyList } from './key-list.ts'
import { nextKeys } from './next-keys.ts'

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
  /** Its keys are others now, or it is gone. */
  forget(meter: string): void
}

export function keyTrial(parts: TrialParts): KeyTrial {
  const { store, marks, log, promoted } = parts
  const { attempt, tries } = trier(parts)
  const list = keyList(attempt)
  const next = nextKeys({ meters: store.meters, marks, log, attempt, promoted })
  const found = foundKeys(parts)
  const isStrange = ({ kind, meter, datagram }: Outcome): boolean =>
    kind === 'unlisted' && isEncrypted(datagram!) && !found.has(meter!) && store.meters.get(meter!) === undefined

  return {
    outcome(outcome) {
      const { kind, reason, meter, datagram, telegram } = outcome
      if (meter === null || datagram === null || (kind !== 'fault' && kind !== 'unlisted')) return
      const closed = KEY_FAULTS[reason ?? '']
      const wantsNext = closed === 'wrong-key' && next.has(meter)
      const wantsList = list.size() > 0 && (closed === 'no-key' || isStrange(outcome))
      const whose = wantsNext || wantsList ? identify(datagram) : null
      if (whose === null) return
      if (wantsNext) next.try(meter, whose, telegram)
      else list.try(meter, whose, telegram, (candidate, fit) => found.add(meter, candidate, fit))
    },
    take: list.take,
    stop: list.clear,
    accept: found.accept,
    state: () => ({ keys: list.size(), tries: tries(), found: found.all() }),
    forget(meter) {
      next.forget(meter)
      if (store.meters.get(meter) === undefined) list.forget(meter)
    },
  }
}

const isEncrypted = ({ sealed, tpl }: NonNullable<Outcome['datagram']>): boolean => sealed || (tpl?.securityMode ?? 0) > 0

/** Keys that were found: of registered meters stored, of others proposed. */
function foundKeys({ store, marks, log }: Pick<TrialParts, 'store' | 'marks' | 'log'>) {
  const found = new Map<string, FoundKey & { readonly candidate: Candidate; readonly mark: Mark }>()
  const keep = (meter: string, { key, by }: Candidate, mark: Mark): void => {
    store.audit.by(by, () => store.meters.put([{ meter, key: key.bytes }]))
    marks.put(meter, mark)
  }
  return {
    has: (meter: string): boolean => found.has(meter),
    add(meter: string, candidate: Candidate, { mark }: Fit): void {
      const isRegistered = store.meters.get(meter) !== undefined
      const state = isRegistered ? 'stored' : 'proposed'
      if (isRegistered) keep(meter, candidate, mark)
      found.set(meter, { meter, keyCheck: candidate.check, state, candidate, mark })
      log.info({ meter, keyCheck: candidate.check, state }, 'a key of the list is the key of this meter')
    },
    accept(wanted: readonly string[] | 'all'): readonly string[] {
      const accepted = [...found.values()].filter(
        ({ meter, state }) => state === 'proposed' && (wanted === 'all' || wanted.includes(meter)),
      )
      for (const one of accepted) {
        keep(one.meter, one.candidate, one.mark)
        found.set(one.meter, { ...one, state: 'stored' })
      }
      return accepted.map(({ meter }) => meter)
    },
    all: (): readonly FoundKey[] => [...found.values()].map(({ candidate: _, mark: __, ...told }) => told),
  }
}
