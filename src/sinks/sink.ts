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

/**
 * A way out. A sink connects, sends, closes; it buffers nothing and never sees the store. `open` and `send` reject on a
 * broken line (delivery backs off and opens again); a message-level refusal is a verdict, not an error.
 */
export interface Sink {
  readonly name: string
  open(signal: AbortSignal): Promise<void>
  send(batch: readonly Outgoing[], signal: AbortSignal): Promise<Receipt>
  close(): Promise<void>
}
