import type { SalvageState, StoreHealth, StoreWatch } from './disk/watch.ts'
import type { Audit } from './meters/audit.ts'
import type { Outbox, StoredMessage } from './outbox/messages.ts'
import type { Retention } from './retention/retention.ts'
import type { SmsMessages } from './sms-messages.ts'

/** A meter the gateway owns. Its key is a property of it, held sealed and never part of this. */
export interface Meter {
  /** Identity: manufacturer and 8-digit number as the radio sends it, `KAM-07134347`. */
  readonly meter: string
  /** Free name for people, `^[A-Za-z0-9._/-]{1,32}$`. */
  readonly label: string | null
  /** The utility's installation number, opaque, same pattern. */
  readonly installation: string | null
  /** Other names of the place, opaque, same pattern: customer numbers. They go on to the meter that replaces this one. */
  readonly aliases: readonly string[]
  /** Other names of the device, such as its wired id. They stay with it. */
  readonly wired: readonly string[]
  /** Out of service since, RFC 3339 UTC: it is not expected any more, and its telegrams do not count. */
  readonly retiredAt: string | null
  /** The meter that took its place. */
  readonly replacedBy: string | null
  /** `allowed` for a meter that has a key and also sends unencrypted telegrams; null as a rule. */
  readonly plain: 'allowed' | null
  /** AES-CMAC key check value, 6 hex digits, or null for a meter without a key. */
  readonly keyCheck: string | null
  /** The same of the key it is about to change to; null where there is none. */
  readonly nextKeyCheck: string | null
  /** RFC 3339 UTC; null if the wall clock was not known to be right then. */
  readonly addedAt: string | null
}

/** A meter as the commands write it: `key` undefined leaves the stored key, null removes it. */
export interface MeterEntry {
  readonly meter: string
  readonly label?: string | null
  readonly installation?: string | null
  readonly aliases?: readonly string[]
  readonly wired?: readonly string[]
  /** `now` is stamped by the store. */
  readonly retiredAt?: string | null
  readonly replacedBy?: string | null
  readonly plain?: 'allowed' | null
  readonly key?: Uint8Array | null
  /** The key it is about to change to, beside the one it has. */
  readonly nextKey?: Uint8Array | null
}

/** The registered meters: SQLite, mirrored in RAM, kept current by the store itself. */
export interface Meters {
  list(): readonly Meter[]
  get(meter: string): Meter | undefined
  /**
   * The meter's AES-128 key, or null. Throws if the meter has a key that cannot be had: the store was opened without a KEK,
   * or the sealed key is damaged or another meter's. Both are mended by importing the key again.
   */
  keyOf(meter: string): Uint8Array | null
  /** The same of its next key. */
  nextKeyOf(meter: string): Uint8Array | null
  /** The next key takes the place of the one before, at once (fsynced on return); false where there is none. */
  promote(meter: string): boolean
  /** Writes all entries in one transaction, at once (fsynced on return). Throws if a key is given and there is no KEK, or a name would be two meters'. */
  put(entries: readonly MeterEntry[]): void
  /** Removes the meter and its key; false if it was not there. */
  remove(meter: string): boolean
  /** Called with the meter after each change, put or removed, so that mirrors elsewhere follow. */
  onChange(fn: (meter: string) => void): void
}

/** Of one meter and day the reading that stands: the highest precedence, of equals the greater id. */
export interface KeptReading {
  readonly meter: string
  readonly id: string
  readonly body: string
}

/** How many of a day's standing readings a sink has accepted, and its far side confirmed. */
export interface DaySinkState {
  readonly sink: string
  readonly accepted: number
  readonly confirmed: number
}

/** The days that have readings. */
export interface Days {
  /** By meter; damaged rows are left out. */
  kept(day: string): readonly KeptReading[]
  /** The messages of a day (`day`), the newest issue first. */
  summaries(day: string): readonly StoredMessage[]
  /** Per sink that ever sent anything. */
  sinks(day: string): readonly DaySinkState[]
  /** The newest first. */
  list(query: { readonly from?: string; readonly to?: string; readonly limit?: number }): readonly string[]
  /** Days since then whose readings are newer than their message. */
  changed(since: string): readonly string[]
}

/** Small state that outlives a restart: boundary candidates, later formats, marks. Kinds are named by their owner. */
export interface Memory {
  load(kind: string): ReadonlyMap<string, string>
  /** Replaces or removes (null) entries of a kind in one transaction. */
  save(kind: string, entries: ReadonlyMap<string, string | null>): void
}

/** A telegram a reading was made of, as received: encrypted as the meter sent it. */
export interface KeptTelegram {
  readonly meter: string
  /** The day its reading is of, YYYY-MM-DD. */
  readonly day: string
  /** Milliseconds since 1970 UTC. */
  readonly heardAt: number
  /** What is known of the bytes' CRCs (`CrcLayout`). */
  readonly crc: string
  readonly bytes: Uint8Array
}

/** The telegrams behind the readings of the last days, for decoding them again. */
export interface Telegrams {
  /** Keeps them in one transaction, one per meter and day. */
  keep(telegrams: readonly KeptTelegram[]): void
  /** Those of a day from `from` on, by day and meter. */
  list(query: { readonly from?: string; readonly meter?: string }): readonly KeptTelegram[]
}

/** What was heard last of a meter in an hour. */
export interface HourlyValue {
  /** Hours since 1970 UTC, at which it begins. */
  readonly hour: number
  readonly meter: string
  /** Milliseconds since 1970 UTC. */
  readonly observedAt: number
  /** JSON: name → value and unit. */
  readonly registers: string
}

/** Hours from `from` on, those from `before` on not included. */
export interface SeriesQuery {
  readonly meter?: string
  readonly from?: number
  readonly before?: number
}

/** The hourly series; empty where no purpose is stated. */
export interface Series {
  /** In one transaction; of an hour the later value stays. */
  put(values: readonly HourlyValue[]): void
  /** By hour and meter. */
  list(query: SeriesQuery): readonly HourlyValue[]
}

/** What was removed of one meter: rows by table; memory entries and messages of days that only named it count as well. */
export type Forgotten = Readonly<Record<string, number>>

export interface Store {
  readonly meters: Meters
  readonly outbox: Outbox
  readonly days: Days
  readonly memory: Memory
  readonly telegrams: Telegrams
  readonly series: Series
  /** Who did what. What meters, keys and `forget` do to the store is noted with it, or not done. */
  readonly audit: Audit
  /**
   * Removes everything that is stored of a meter, from every table, and the meter; overwritten on the disk once this returns.
   * Null where it is not registered.
   */
  forget(meter: string): Forgotten | null
  readonly retention: Retention
  readonly sms: SmsMessages
  /**
   * From here on the store looks after its file by itself, until it is closed: it recovers from what the disk does to it, reads
   * damaged files out, and gives free pages back. Told is what happened, also before this.
   */
  tend(watch: StoreWatch): void
  health(): StoreHealth & { readonly salvage: SalvageState | null }
  /** Commits what waits and closes the files cleanly; once closed, closing again is harmless. */
  close(): void
}
