import type { Outgoing, Verdict } from '../../sinks/sink.ts'

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

/** Which events: the newest `limit` of those stored after a place in the outbox, and since a moment (milliseconds since 1970 UTC). */
export interface EventsQuery {
  readonly meter?: string
  readonly after?: number
  readonly since?: number
  readonly limit?: number
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
  /** Events, the oldest first; those without a time of storage always count. Damaged rows are left out. */
  events(query: EventsQuery): readonly StoredMessage[]
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
