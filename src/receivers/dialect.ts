import type { Heard, Telegram } from '../wmbus/telegram.ts'

/** What a dialect had to leave out; counted for ever, across every new opening of the port. */
export interface Losses {
  /** Bytes that belong to no frame or line. */
  skipped: number
  /** Frames or lines whose checksum was wrong. */
  badChecksums: number
}

/** A question, and what becomes of the answer. */
export interface Ask {
  /** Null: it need not be asked, after what the device has said before. Empty: it speaks by itself. */
  request(): Uint8Array | null
  /** Is this message of the device the answer to the request? Anything else is passed over. */
  answers(message: Uint8Array): boolean
  /** Takes in the answer: the trouble that ends the dialogue, in words that say what to try, or null. */
  accept(message: Uint8Array): string | null
  readonly timeoutMs: number
  /** How often the request is sent before the device counts as silent. */
  readonly tries: number
  /** The trouble where no answer comes. */
  readonly silence: string
}

/** What is said without an answer being expected, and the time the device is given to take it in; saying nothing is a pause. */
export interface Say {
  /** Null: it need not be said, and there is no pause. */
  say(): Uint8Array | null
  readonly pauseMs: number
}

/** What follows from all before: the trouble that ends the dialogue, or null. For a device that must be left in order first. */
export interface Verdict {
  verdict(): string | null
}

/** One step of a dialogue with a device. */
export type Step = Ask | Say | Verdict

/** What the bytes of one opening of a port mean. */
export interface Dialect {
  /** Bytes as they come, cut anywhere; what is no telegram but a message of the device goes to `answered`. */
  feed(bytes: Uint8Array, heard: Heard, answered?: (message: Uint8Array) => void): Telegram[]
  /** No more bytes will come for what is half here: the telegrams that were waiting behind it. */
  flush(heard: Heard): Telegram[]
  /** After this silence what is half here was torn off and is flushed; null: it may take any time to be completed. */
  readonly patienceMs: number | null
  /** The device at the other end as it described itself, for the log. */
  about?(): string
  /** In this order, before the device counts as receiving; can be spoken anew at any time. */
  readonly dialogue: readonly Step[]
  /** Finds out who is there and leaves everything as it was, for ports where anything may be. Absent where nobody can be asked. */
  readonly identify?: readonly Step[]
  /** Brings a device that was left in the middle of `identify` back to where it was; not spoken where nobody answered. */
  readonly restore?: readonly Step[]
  /** A question that a device in good health answers while it receives, and that changes nothing; absent where there is none. */
  readonly alive?: Ask
  /** Restarts the device, which has forgotten its settings then: the dialogue is to be spoken anew. Absent where it has no such command. */
  readonly reset?: readonly Step[]
}

/** What a dialect needs to know. */
export interface DialectContext {
  /** Name of the receiver, for the telegrams. */
  readonly receiver: string
  readonly losses: Losses
}
