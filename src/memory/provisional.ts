/**
 * Observations heard before the time was known. They wait, with the monotonic time they were heard at, until the wall clock is
 * known to be right; then all of this boot get their moment, and go on in order. In RAM, bounded, and written now and then.
 */
import type { Clock } from '../clock.ts'
import type { Observation } from '../decoders/observation.ts'
import type { Log } from '../log.ts'
import type { Memory } from '../store/store.ts'
import { observationText, readObservation } from './observation-text.ts'

export interface ProvisionalState {
  /** Observations that wait for the time. */
  readonly held: number
  /** Dated later and passed on. */
  readonly dated: number
  /** Not held: between the first and the last of a meter; more than there is room for; of a boot that never knew the time. */
  readonly dropped: { readonly between: number; readonly full: number; readonly rebooted: number }
}

export interface Provisional {
  /** Passes on what has a moment, holds what has none. */
  offer(observation: Observation): void
  /** Dates what is held and passes it on, in order; nothing while the time is not known. */
  date(): void
  /** The clock for who closes days: it shows no time while observations of those days wait to be dated. */
  readonly clock: Clock
  forget(meter: string): void
  /** Writes what has changed since the last time; what fails is logged, and tried at the next. */
  save(): void
  state(): ProvisionalState
}

interface ProvisionalOptions {
  readonly clock: Clock
  readonly memory: Memory
  readonly log: Log
  /** Takes what is dated. */
  offer(observation: Observation): void
  /** Most observations held at once. */
  readonly most?: number
}

/**
 * Wherever midnight turns out to lie, the first still speaks for the day before it and the last for the day after. What came
 * between is given up: until the time is known nobody can say which of it was near midnight.
 */
interface Held {
  readonly first: Observation
  last: Observation | null
}

const KIND = 'provisional'
const SLOTS = ['first', 'last'] as const
const MOST = 20_000

const isHeard = (o: Observation | undefined): o is Observation =>
  typeof o?.meter === 'string' && typeof o.heard?.bootId === 'string' && typeof o.heard.monotonicMs === 'number'

/** What was written in this boot; entries of earlier ones can never be dated, as nobody knows when that boot was. */
function load(memory: Memory, bootId: string, log: Log) {
  const held = new Map<string, Held>()
  const gone = new Set<string>()
  let rebooted = 0
  const entries = [...memory.load(KIND)].sort(([a], [b]) => (a < b ? -1 : 1))
  for (const [key, text] of entries) {
    const [meter, slot] = key.split('/') as [string, string | undefined]
    const observation = observationIn(text)
    if (observation?.heard.bootId !== bootId) {
      rebooted++
      gone.add(meter)
    } else if (slot === 'first' || !held.has(meter)) held.set(meter, { first: observation, last: null })
    else held.get(meter)!.last = observation
  }
  if (rebooted > 0)
    log.warn({ observations: rebooted }, 'heard in an earlier boot that never knew the time: they cannot be dated and are dropped')
  return { held, gone, rebooted }
}

function observationIn(text: string): Observation | null {
  try {
    const observation = readObservation(text) as Observation
    return isHeard(observation) ? observation : null
  } catch {
    return null
  }
}

/** What was written in this boot is held again. What `memory` throws passes through. */
export function holdUndated({ clock, memory, log, offer, most = MOST }: ProvisionalOptions): Provisional {
  const { held, gone: changed, rebooted } = load(memory, clock.bootId, log)
  const dropped = { between: 0, full: 0, rebooted }
  let dated = 0
  let size = [...held.values()].reduce((sum, { last }) => sum + (last === null ? 1 : 2), 0)

  const hold = (observation: Observation): void => {
    const { meter } = observation
    const of = held.get(meter)
    if (of?.last) dropped.between++
    else if (size >= most) return void dropped.full++
    else size++
    if (of === undefined) held.set(meter, { first: observation, last: null })
    else of.last = observation
    changed.add(meter)
  }
  const forget = (meter: string): void => {
    const of = held.get(meter)
    if (of === undefined) return
    size -= of.last === null ? 1 : 2
    held.delete(meter)
    changed.add(meter)
  }
  const date = (): void => {
    const utcMs = held.size === 0 ? null : clock.utcMs()
    if (utcMs === null) return
    const aheadMs = utcMs - clock.monotonicMs()
    const waiting = [...held.values()].flatMap(({ first, last }) => (last === null ? [first] : [first, last]))
    for (const meter of held.keys()) changed.add(meter)
    held.clear()
    size = 0
    waiting.sort((a, b) => a.heard.monotonicMs - b.heard.monotonicMs)
    for (const o of waiting) offer({ ...o, heard: { ...o.heard, utcMs: Math.round(aheadMs + o.heard.monotonicMs) } })
    dated += waiting.length
    log.info({ observations: waiting.length }, 'heard before the time was known, and dated now')
  }
  return {
    offer(observation) {
      if (held.size > 0) date()
      const { utcMs, bootId } = observation.heard
      if (utcMs !== null || bootId !== clock.bootId) return offer(observation)
      hold(observation)
      // Heard a moment before the time became known.
      if (clock.utcMs() !== null) date()
    },
    date,
    clock: { ...clock, utcMs: () => (held.size > 0 ? null : clock.utcMs()) },
    forget,
    save() {
      if (changed.size === 0) return
      const entryOf = (meter: string, slot: (typeof SLOTS)[number]): [string, string | null] => {
        const observation = held.get(meter)?.[slot] ?? null
        return [`${meter}/${slot}`, observation && observationText(observation)]
      }
      try {
        memory.save(KIND, new Map([...changed].flatMap((meter) => SLOTS.map((slot) => entryOf(meter, slot)))))
        changed.clear()
      } catch (err) {
        log.error({ err }, 'what waits for the time could not be written, and is tried again. Is the disk full or read-only?')
      }
    },
    state: () => ({ held: size, dated, dropped: { ...dropped } }),
  }
}
