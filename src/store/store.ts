import type { Outgoing, Verdict } from '../sinks/sink.ts'
import type { Retention } from './retention.ts'
import type { SmsMessages } from './sms-messages.ts'
import type { SalvageState, StoreHealth, StoreWatch } from './watch.ts'

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
  /** Writes all entries in one transaction, at once (fsynced on return). Throws if a key is given and there is no KEK, or a name would be two meters'. */
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
  /** Accepted readings that the far side has, or has not yet, confirmed; absent where no receipts come from there. */
  readonly receipts?: { readonly unconfirmed: number; readonly confirmed: number }
}

/** What a receipt did: messages confirmed by it, and those it names that this sink was never given. */
export interface Confirmed {
  readonly confirmed: number
  readonly unknown: number
}

/** One reading that a sink with receipts has accepted. Milliseconds since 1970 UTC; null: not known, or not confirmed yet. */
export interface ReceiptRow {
  readonly seq: number
  /** How often it was accepted. */
  readonly sent: number
  readonly acceptedAt: number | null
  readonly confirmedAt: number | null
}

/** A message that a sink's cursor has passed and the sink has not accepted. */
export interface ExceptionRow {
  readonly sink: string
  readonly seq: number
  readonly kind: string
  readonly id: string
  readonly meter: string | null
  readonly day: string | null
  readonly state: 'held' | 'refused' | 'dropped'
  readonly attempts: number
  readonly reason: string | null
  /** Milliseconds since 1970 UTC; null where it is not tried again. */
  readonly retryAt: number | null
}

export interface ExceptionQuery {
  readonly sink?: string
  readonly state?: ExceptionRow['state']
  readonly seqs?: readonly number[]
  readonly limit?: number
}

/** The readings of these days, both included, of all meters or one; and with all meters the newest message of each day. */
export interface ResendQuery {
  readonly from: string
  readonly to: string
  readonly meter?: string
  readonly sinks: readonly string[]
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
  /** Called when messages are to be sent again. */
  onDue(fn: () => void): void
  /** These sinks have a far side that confirms: from here on what they accept is written down. */
  expectReceipts(sinks: readonly string[]): void
  /** The far side of a sink says it has these readings. Those it was never given stay unconfirmed. */
  confirmIds(sink: string, ids: readonly string[]): Confirmed
  /** The same for every reading of a day. */
  confirmDay(sink: string, day: string): Confirmed
  /** Has accepted but unconfirmed readings sent again whose time has come; returns how many. */
  resendUnconfirmed(sink: string, utcMs: number, limit: number): number
  /** Has the readings that stand sent again, each at most once however often it is asked before they went; returns how many. */
  resend(query: ResendQuery): number
  /** What retention asks: when each accepted reading was confirmed, by seq from `fromSeq` on. */
  receipts(sink: string, fromSeq: number, limit: number): readonly ReceiptRow[]
  /** What is held, refused or dropped, oldest first. */
  exceptions(query: ExceptionQuery): readonly ExceptionRow[]
  /** What is held or refused is tried again now; damaged rows are not. Returns how many. */
  retry(query: ExceptionQuery): number
  /** Gives up what is held or refused: it is not sent on this sink any more. Returns how many. */
  drop(query: ExceptionQuery): number
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

/** What was removed of one meter: rows by table; memory entries and messages of days that only named it count as well. */
export type Forgotten = Readonly<Record<string, number>>

export interface Store {
  readonly meters: Meters
  readonly outbox: Outbox
  readonly days: Days
  readonly memory: Memory
  readonly telegrams: Telegrams
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
