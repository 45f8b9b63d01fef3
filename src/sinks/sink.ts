/** One message of the outbox on its way to a sink. */
export interface Outgoing {
  /** Place in the outbox; rises, never reused. */
  readonly seq: number
  /** What it is, and so where it belongs: `reading.daily`. */
  readonly kind: string
  /** The message's own identity: makes at-least-once delivery once. */
  readonly id: string
  readonly meter: string | null
  readonly day: string | null
  /** JSON, exactly as stored. */
  readonly body: string
}

/**
 * What became of one message: `accepted` by the far side; `held`, to be tried again later;
 * `refused`, hopeless (dead letter).
 */
export type Verdict = 'accepted' | 'held' | 'refused'

/** One verdict per message of the batch, in its order. */
export interface Receipt {
  readonly results: readonly Verdict[]
  readonly reason?: string
}

/** Told at most once per `open`, when the line breaks, also while nothing is being sent. */
export type OnLost = (error: Error) => void

/**
 * A way out. A sink connects, sends, closes; it buffers nothing and never sees the store. `open` and `send` reject on a
 * broken line and as soon as their signal aborts (delivery backs off and opens again); a message-level refusal is a
 * verdict, not an error. `close` may be called at any time, ends within a few seconds and never rejects.
 */
export interface Sink {
  readonly name: string
  open(signal: AbortSignal, onLost?: OnLost): Promise<void>
  send(batch: readonly Outgoing[], signal: AbortSignal): Promise<Receipt>
  close(): Promise<void>
}

/** A line that is up, for what is worth only the moment and is kept nowhere. */
export interface LiveLine {
  /** Sent without acknowledgement; false, and lost, where too much waits already. */
  tell(topic: string, body: string): boolean
  /** The far side keeps it; an empty body takes it away. `lost` is called where it did not take it. */
  retain(topic: string, body: string, lost: () => void): void
}

/** Has something to say as long as a line is up. */
export interface LiveSource {
  up(line: LiveLine): void
  down(): void
}

/** What the far side says by itself: that it has something, or that it wants something. */
export type Channel = 'receipt' | 'request'

export interface Incoming {
  readonly sink: string
  readonly channel: Channel
  readonly topic: string
  readonly body: Uint8Array
  /** Where the answer goes, and what must stand in it. */
  readonly responseTopic?: string
  readonly correlationData?: Uint8Array
  readonly signature?: string
}

/** Takes it and gives the answer, JSON, or null. What it throws means: not taken, the far side shall say it again. */
export type Receive = (incoming: Incoming) => string | null
