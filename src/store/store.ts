import type { Outgoing, Verdict } from '../sinks/sink.ts'

/** A meter the gateway owns. Its key is a property of it, held sealed and never part of this. */
export interface Meter {
  /** Identity: manufacturer and 8-digit number as the radio sends it, `KAM-07134347`. */
  readonly meter: string
  /** Free name for people, `^[A-Za-z0-9._/-]{1,32}$`. */
  readonly label: string | null
  /** The utility's installation number, opaque, same pattern. */
  readonly installation: string | null
  /** `allowed` for a meter that has a key and also sends unencrypted telegrams; null as a rule. */
  readonly plain: 'allowed' | null
  /** AES-CMAC key check value, 6 hex digits, or null for a meter without a key. */
  readonly keyCheck: string | null
  /** RFC 3339 UTC; null if the wall clock was not known to be right then. */
  readonly addedAt: string | null
}

/** A meter as the commands write it: `key` undefined leaves the stored key, null removes it. */
export interface MeterEntry {
  readonly meter: string
  readonly label?: string | null
  readonly installation?: string | null
  readonly plain?: 'allowed' | null
  readonly key?: Uint8Array | null
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
  /** Writes all entries in one transaction, at once (fsynced on return). Throws if a key is given and there is no KEK. */
  put(entries: readonly MeterEntry[]): void
  /** Removes the meter and its key; false if it was not there. */
  remove(meter: string): boolean
  /** Called with the meter after each change, put or removed, so that mirrors elsewhere follow. */
  onChange(fn: (meter: string) => void): void
}

/** A message on its way into the outbox; `seq` is given by the store. */
export interface Draft extends Omit<Outgoing, 'seq'> {
  /** Orders the messages of one meter and day; null where that has no meaning. */
  readonly precedence: number | null
}

export interface StoredMessage extends Outgoing {
  readonly precedence: number | null
  /** Milliseconds since 1970 UTC; null if the wall clock was not known to be right then. */
  readonly storedAt: number | null
}

export type Lane = 'live' | 'backlog'

/** What a sink has before it. */
export interface SinkState {
  readonly sink: string
  readonly live: number
  readonly backlog: number
  readonly held: number
  readonly refused: number
  readonly everDelivered: boolean
}

/** Drafts in RAM, not yet on disk. */
export interface Queue {
  readonly waiting: number
  /** Drafts given up because the queue was full while the disk refused; rises for ever. */
  readonly dropped: number
}

/** A commit that failed. The drafts wait for the next attempt, which needs no help. */
export interface StoreTrouble extends Queue {
  /** SQLite's word for it: `SQLITE_FULL`, `SQLITE_IOERR_WRITE`, `SQLITE_READONLY`, … */
  readonly code: string
  readonly message: string
}

/** Which daily readings: one day, or the days `from` … `to`, both included (YYYY-MM-DD). */
export interface ReadingsQuery {
  readonly meter?: string
  readonly day?: string
  readonly from?: string
  readonly to?: string
  readonly limit?: number
}

/**
 * The outbox: append-only, every sink reads it with two cursors (live from today, backlog) and a small table of
 * exceptions. A message is `stored` when its transaction is fsynced. Methods that write throw when the disk refuses,
 * except `add` and `flush`, which keep the drafts.
 */
export interface Outbox {
  /** Queues for the group commit: at 100 rows or 10 s. Dropped if its id is stored already with the same or a higher precedence. */
  add(draft: Draft): void
  /** Commits what waits, now. False if the disk refused: the drafts still wait, and `onTrouble` was told why. */
  flush(): boolean
  /** Called after each commit, once the messages cannot be lost any more. */
  onStored(fn: (messages: readonly StoredMessage[]) => void): void
  onTrouble(fn: (trouble: StoreTrouble) => void): void
  queue(): Queue
  /**
   * The next messages of one lane for one sink, oldest first. A damaged row is never sent: it becomes a refused exception.
   * The same messages come again until they are settled.
   */
  pending(sink: string, lane: Lane, limit: number): readonly Outgoing[]
  /** Held messages whose time to try again has come. */
  due(sink: string, utcMs: number, limit: number): readonly Outgoing[]
  /** Moves on past a batch from `pending` and records what was not accepted, in one transaction. `retryAt`: UTC ms, for the held. */
  settle(sink: string, batch: readonly Outgoing[], results: readonly Verdict[], reason: string | null, retryAt: number): void
  /** The same for a batch from `due`. */
  settleDue(sink: string, batch: readonly Outgoing[], results: readonly Verdict[], reason: string | null, retryAt: number): void
  /**
   * What is pending from before `sinceUtcMs` goes to the backlog, so that today's messages need not wait behind it; to be
   * called when a day begins. A batch of `pending` that a split overtakes is settled all the same, or else sent again.
   */
  split(sink: string, sinceUtcMs: number): void
  state(sink: string): SinkState
  /** Daily readings: newest day first, then by meter, the highest precedence first. Damaged rows are left out. */
  readings(query: ReadingsQuery): readonly StoredMessage[]
  /** Whether any sink ever accepted anything. */
  everDelivered(): boolean
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
  /** Forgets those heard before; returns how many. */
  purge(beforeUtcMs: number): number
}

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
  /** Messages taken over, and numbers or rows that could not be read or were not what was stored. */
  readonly saved: number
  readonly damaged: number
}

/** What somebody must be told about the store. */
export type StoreEvent = 'store.trouble' | 'store.recovered' | 'store.damaged' | 'store.salvaged'

export interface StoreWatch {
  /** The names of the configured sinks: what they are known to have may be dropped or need not be sent again. */
  readonly sinks: readonly string[]
  tell(event: StoreEvent, facts: Readonly<Record<string, string | number | null>>): void
}

export interface Store {
  readonly meters: Meters
  readonly outbox: Outbox
  readonly memory: Memory
  readonly telegrams: Telegrams
  /**
   * From here on the store looks after its file by itself, until it is closed: it recovers from what the disk does to it, reads
   * damaged files out, and gives free pages back. Told is what happened, also before this.
   */
  tend(watch: StoreWatch): void
  health(): StoreHealth & { readonly salvage: SalvageState | null }
  /** Commits what waits and closes the files cleanly; once closed, closing again is harmless. */
  close(): void
}
