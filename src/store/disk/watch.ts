import type { Ways } from '../outbox/standing.ts'

/** How the disk and the file on it do; each but `ok` has a recovery of its own. */
export type DiskState = 'ok' | 'full' | 'io-error' | 'read-only' | 'corrupt' | 'not-a-database' | 'moved' | 'locked'

export interface StoreHealth {
  readonly state: DiskState
  /** Milliseconds since 1970 UTC; null where the time was not known. */
  readonly since: number | null
  /** What the disk or SQLite said last. */
  readonly reason: string | null
  /** How often the recovery was tried so far. */
  readonly tries: number
}

/** How far the reading of a damaged file has come. */
export interface SalvageState {
  /** Its name in the state directory. */
  readonly file: string
  /** Messages taken over, and those found that were not what was stored. */
  readonly saved: number
  readonly damaged: number
}

/** What somebody must be told about the store. */
export type StoreEvent = 'store.trouble' | 'store.recovered' | 'store.damaged' | 'store.mended' | 'store.salvaged' | 'store.made-room'

/** The ways out are the configured ones: what they are known to have may be dropped or need not be sent again. */
export interface StoreWatch extends Ways {
  tell(event: StoreEvent, facts: Readonly<Record<string, string | number | null>>): void
}
