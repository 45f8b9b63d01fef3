import type { Log } from '../log.ts'
import type { Memory } from '../store/store.ts'
import { byMeter, packed } from './by-meter.ts'
import { unpackedText } from './packed-text.ts'

/**
 * How new a telegram is by the meter's own count: a message counter, or minutes of the meter's time. Marks of different kinds
 * cannot be compared.
 */
export interface Freshness {
  readonly kind: 'counter' | 'session' | 'clock'
  readonly value: number
}

/** What the last telegram that counted said, to hold the next one against. */
export interface Glimpse {
  readonly utcMs: number | null
  /** As doubles: they only bound each other. `step` is the last digit. */
  readonly registers: readonly { readonly name: string; readonly unit: string; readonly value: number; readonly step: number }[]
}

/** Telegrams that would be replays, but rise as those of a meter whose counter began anew would. */
export interface Restart {
  readonly sinceMs: number
  readonly times: number
  readonly last: Freshness
}

/** What the gateway remembers of a meter's security. */
export interface Mark {
  /** Check value of the key these marks are of. */
  readonly keyCheck: string | null
  /** The key has opened enough telegrams that fit each other. */
  readonly confirmed: boolean
  /** How many so far. */
  readonly fitting: number
  readonly glimpse: Glimpse | null
  readonly newest: Freshness | null
  readonly restart: Restart | null
}

export interface Marks {
  /** The meter's mark; a new one where its key is another than before. */
  of(meter: string, keyCheck: string | null): Mark
  put(meter: string, mark: Mark): void
  forget(meter: string): void
  /** Writes what changed since the last time. */
  save(): void
}

const KIND = 'mark'
const NEW: Omit<Mark, 'keyCheck'> = { confirmed: false, fitting: 0, glimpse: null, newest: null, restart: null }

/** The marks as they were written last; a damaged one begins anew, which costs its meter a telegram. */
export function loadMarks(memory: Memory, log: Log): Marks {
  const damaged = (meter: string, err: unknown): void =>
    log.error({ err, meter }, 'the stored security mark of this meter cannot be read: its next telegrams make a new one')
  const { meters: marks, put, forget, save } = byMeter<Mark>(memory, KIND, { damaged, textOf: packed })
  return {
    of(meter, keyCheck) {
      const mark = marks.get(meter)
      return mark?.keyCheck === keyCheck ? mark : { keyCheck, ...NEW }
    },
    put,
    forget,
    save() {
      try {
        save()
      } catch {
        // The disk refuses, which the store tells; they are written the next time.
      }
    },
  }
}

/** The keys that were confirmed, without the meters' past: for a replay, in which the past is yet to come. */
export function confirmedKeys(memory: Memory): Map<string, string> {
  const entries = [...memory.load(KIND)].map(([meter, text]): [string, Mark] => [meter, JSON.parse(unpackedText(text))])
  return new Map(entries.filter(([, mark]) => mark.confirmed).map(([meter, mark]) => [meter, JSON.stringify({ ...NEW, ...proof(mark) })]))
}

const proof = ({ keyCheck, confirmed, fitting }: Mark) => ({ keyCheck, confirmed, fitting })

/** Takes over what `confirmedKeys` gave. */
export const takeOver = (memory: Memory, marks: ReadonlyMap<string, string>): void => memory.save(KIND, marks)
