import type { Outgoing } from '../sinks/sink.ts'

/** A meter the gateway owns. Its key is a property of it, held sealed and never part of this. */
export interface Meter {
  /** Identity: manufacturer and 8-digit number as the radio sends it, `KAM-07134347`. */
  readonly meter: string
  /** Free name for people, `^[A-Za-z0-9._/-]{1,32}$`. */
  readonly label: string | null
  /** The utility's installation number, opaque, same pattern. */
  readonly installation: string | null
  /** AES-CMAC key check value, 6 hex digits, or null for a meter without a key. */
  readonly keyCheck: string | null
  /** RFC 3339 UTC. */
  readonly addedAt: string
}

/** A meter as the commands write it: `key` undefined leaves the stored key, null removes it. */
export interface MeterEntry {
  readonly meter: string
  readonly label?: string | null
  readonly installation?: string | null
  readonly key?: Uint8Array | null
}

/** The registered meters: SQLite, mirrored in RAM, kept current by the store itself. */
export interface Meters {
  list(): readonly Meter[]
  get(meter: string): Meter | undefined
  /** The meter's AES-128 key, or null. Throws if the store was opened without a KEK and the meter has a key. */
  keyOf(meter: string): Uint8Array | null
  /** Writes all entries in one transaction, at once (fsynced on return). */
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
  /** Milliseconds since 1970 UTC. */
  readonly storedAt: number
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

/**
 * The outbox: append-only, every sink reads it with two cursors (live from today, backlog) and a small table of
 * exceptions. A message is `stored` when its transaction is fsynced.
 */
export interface Outbox {
  /** Queues for the group commit: at 100 rows or 10 s. A draft whose (id, precedence) is already stored is dropped. */
  add(draft: Draft): void
  /** Commits what waits, now. */
  flush(): void
  onStored(fn: (messages: readonly StoredMessage[]) => void): void
  /** The next messages of one lane for one sink, oldest first; never one that waits in the exceptions. */
  pending(sink: string, lane: Lane, limit: number): readonly Outgoing[]
  /** Held messages whose time to try again has come. */
  due(sink: string, utcMs: number, limit: number): readonly Outgoing[]
  /** Moves the cursor past a batch from `pending` and records what was not accepted; one transaction. */
  settle(sink: string, lane: Lane, batch: readonly Outgoing[], results: readonly ('accepted' | 'held' | 'refused')[], reason: string | null, retryAt: number): void
  /** The same for a batch from `due`. */
  settleDue(sink: string, batch: readonly Outgoing[], results: readonly ('accepted' | 'held' | 'refused')[], reason: string | null, retryAt: number): void
  /** What is pending from before `firstSeqOfToday` becomes the backlog, unless one is still draining. */
  split(sink: string, sinceUtcMs: number): void
  state(sink: string): SinkState
  readings(query: { meter?: string; day?: string; from?: string; to?: string; limit?: number }): readonly StoredMessage[]
  everDelivered(): boolean
}

/** Small state that outlives a restart: boundary candidates, later formats, marks. Kinds are named by their owner. */
export interface Memory {
  load(kind: string): ReadonlyMap<string, string>
  /** Replaces or removes (null) entries of a kind in one transaction. */
  save(kind: string, entries: ReadonlyMap<string, string | null>): void
}

export interface Store {
  readonly meters: Meters
  readonly outbox: Outbox
  readonly memory: Memory
  close(): void
}
