/** The last reading of each meter, to hold the next one against. One per registered meter; written when a day closes. */
import type { Log } from '../log.ts'
import type { Memory } from '../store/store.ts'
import { byMeter, packed } from './by-meter.ts'

export interface LastReading {
  /** YYYY-MM-DD. */
  readonly day: string
  /** When it was observed, milliseconds since 1970 UTC. */
  readonly utcMs: number
  /** Decimal strings and units, by name. */
  readonly registers: Readonly<Record<string, { readonly value: string; readonly unit: string }>>
}

export interface LastReadings {
  /** The last reading before that day, or undefined. */
  before(meter: string, day: string): LastReading | undefined
  /** The day of the last reading, or an empty text. */
  newest(meter: string): string
  put(meter: string, reading: LastReading): void
  forget(meter: string): void
  /** Writes what changed since the last time. */
  save(): void
}

const KIND = 'last-reading'

export function loadLastReadings(memory: Memory, log: Log): LastReadings {
  const damaged = (meter: string, err: unknown): void =>
    log.error({ err, meter }, 'the stored last reading of this meter cannot be read: its next reading is compared with none')
  const { meters: last, put, forget, save } = byMeter<LastReading>(memory, KIND, { damaged, textOf: packed })
  return {
    before(meter, day) {
      const reading = last.get(meter)
      return reading !== undefined && reading.day < day ? reading : undefined
    },
    newest: (meter) => last.get(meter)?.day ?? '',
    put,
    forget,
    save,
  }
}
