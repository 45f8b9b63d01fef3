/**
 * The boundary candidates: per meter and day that has not closed yet, the observation that speaks for it so far. In RAM,
 * written only now and then; what one meter can take up is one observation for each of the open days, two as a rule.
 */
import type { Observation } from '../decoders/observation.ts'
import type { Log } from '../log.ts'
import type { Memory } from '../store/store.ts'
import { observationText, readObservation } from './observation-text.ts'

/** Of two observations of one meter, the one that speaks for the day. */
type Better<O extends Observation> = (day: string, a: O, b: O) => O

export interface Candidates<O extends Observation> {
  /** Keeps the observation for that day if it is better than the one kept so far. */
  offer(day: string, observation: O): void
  /** The days that have candidates, in order. */
  days(): readonly string[]
  /** By meter: what is made of them is written in the order in which the disk has it, each page once. */
  of(day: string): readonly O[]
  /** The last day that closed. It survives a restart, so that no day closes twice. */
  closed(): string | null
  /**
   * Remembers a day as the last that closed, which is written on return, and forgets the candidates of all days to that one. The
   * disk does so when it is written next: there the new day's take their pages, which are overwritten once instead of twice.
   */
  close(day: string): void
  /** Forgets the candidates of one day. */
  drop(day: string): void
  /** Forgets the candidates of one meter. */
  forget(meter: string): void
  /** Writes what has changed since the last time. */
  save(): void
}

const KIND = 'candidate'
/** The entry beside the candidates, whose keys are `2026-11-23/KAM-07134347`. */
const CLOSED = 'closed'
const DAY_LENGTH = 10
const keyOf = (day: string, meter: string): string => `${day}/${meter}`
const dayIn = (key: string): string => key.slice(0, DAY_LENGTH)
const meterIn = (key: string): string => key.slice(DAY_LENGTH + 1)
/** What goes beside what comes, and both in the order of the disk: each page is written once, also where the store's cache is too small. */
const besideEachOther = (a: string, b: string): number => (meterIn(a) + a < meterIn(b) + b ? -1 : 1)

const textOf = (observation: Observation | undefined): string | null => (observation ? observationText(observation) : null)

interface Stored<O> {
  readonly byDay: Map<string, Map<string, O>>
  readonly closed: string | null
  /** Keys of entries that could not be read, or whose day has closed. */
  readonly over: readonly string[]
}

function load<O extends Observation>(memory: Memory, log: Log): Stored<O> {
  const byDay = new Map<string, Map<string, O>>()
  const over: string[] = []
  const entries = memory.load(KIND)
  const closed = entries.get(CLOSED) ?? null
  for (const [key, text] of entries) {
    if (key === CLOSED) continue
    try {
      if (closed !== null && dayIn(key) <= closed) over.push(key)
      else setAt(byDay, dayIn(key), readObservation(text) as O)
    } catch (err) {
      over.push(key)
      log.error({ err, entry: key }, 'a stored boundary candidate cannot be read and is dropped; the next telegram replaces it')
    }
  }
  return { byDay, closed, over }
}

function setAt<O extends Observation>(byDay: Map<string, Map<string, O>>, day: string, observation: O): void {
  const ofDay = byDay.get(day) ?? new Map<string, O>()
  byDay.set(day, ofDay.set(observation.meter, observation))
}

/** The candidates as they were written last. What `memory` throws passes through, and nothing is forgotten then. */
export function loadCandidates<O extends Observation>(memory: Memory, better: Better<O>, log: Log): Candidates<O> {
  const { byDay, over, ...stored } = load<O>(memory, log)
  let closed = stored.closed
  const changed = new Set(over)

  const kept = (key: string) => byDay.get(dayIn(key))?.get(meterIn(key))
  const drop = (day: string): void => {
    for (const meter of byDay.get(day)?.keys() ?? []) changed.add(keyOf(day, meter))
    byDay.delete(day)
  }
  return {
    offer(day, observation) {
      const kept = byDay.get(day)?.get(observation.meter)
      if (kept !== undefined && better(day, kept, observation) === kept) return
      setAt(byDay, day, observation)
      changed.add(keyOf(day, observation.meter))
    },
    days: () => [...byDay.keys()].sort(),
    of: (day) => [...(byDay.get(day)?.values() ?? [])].sort((a, b) => (a.meter < b.meter ? -1 : 1)),
    closed: () => closed,
    close(day) {
      memory.save(KIND, new Map([[CLOSED, day]]))
      closed = day
      for (const each of [...byDay.keys()]) if (each <= day) drop(each)
    },
    drop,
    forget(meter) {
      for (const [day, ofDay] of byDay) if (ofDay.delete(meter)) changed.add(keyOf(day, meter))
    },
    save() {
      if (changed.size > 0) memory.save(KIND, new Map([...changed].sort(besideEachOther).map((key) => [key, textOf(kept(key))])))
      changed.clear()
    },
  }
}
