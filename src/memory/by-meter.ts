import type { Memory } from '../store/store.ts'
import { packedText, unpackedText } from './packed-text.ts'

/** What is remembered of each meter, one row of JSON each, packed or not: read at the start, and written where it changed since. */
export interface ByMeter<T> {
  readonly meters: ReadonlyMap<string, T>
  put(meter: string, value: T): void
  forget(meter: string): void
  /** Writes what changed since the last time. Throws where the disk refuses; it is written the next time then. */
  save(): void
}

type Damaged = (meter: string, err: unknown) => void
const NOBODY: Damaged = () => {}

/** The rows as they are stored; `damaged` is told of those that cannot be read, which are left out. */
export function storedByMeter<T>(memory: Memory, kind: string, damaged: Damaged = NOBODY): Map<string, T> {
  const meters = new Map<string, T>()
  for (const [meter, text] of memory.load(kind)) {
    try {
      meters.set(meter, JSON.parse(unpackedText(text)))
    } catch (err) {
      damaged(meter, err)
    }
  }
  return meters
}

interface Options<T> {
  readonly damaged?: Damaged
  /** The text of the row: JSON, or JSON that was packed. */
  readonly textOf?: (value: T) => string
}

/** For what is written of every meter every day. */
export const packed = (value: object): string => packedText(JSON.stringify(value))

export function byMeter<T>(memory: Memory, kind: string, { damaged, textOf = JSON.stringify }: Options<T> = {}): ByMeter<T> {
  const meters = storedByMeter<T>(memory, kind, damaged)
  const changed = new Set<string>()
  const rowOf = (meter: string): [string, string | null] => [meter, meters.has(meter) ? textOf(meters.get(meter)!) : null]
  return {
    meters,
    put(meter, value) {
      meters.set(meter, value)
      changed.add(meter)
    },
    forget(meter) {
      if (meters.delete(meter)) changed.add(meter)
    },
    save() {
      // In the order of the disk: each page is written once, also where they are more than the store's cache holds.
      if (changed.size > 0) memory.save(kind, new Map([...changed].sort().map(rowOf)))
      changed.clear()
    },
  }
}
