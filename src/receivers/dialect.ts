import type { Heard, Telegram } from '../wmbus/telegram.ts'

/** What a dialect had to leave out; counted for ever, across every new opening of the port. */
export interface Losses {
  /** Bytes that belong to no frame or line. */
  skipped: number
  /** Frames or lines whose checksum was wrong. */
  badChecksums: number
}

/** One step of the dialogue that sets a device up. */
export interface Step {
  request(): Uint8Array
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
  /** In this order, before the device counts as receiving. */
  readonly dialogue: readonly Step[]
}

/** What a dialect needs to know. */
export interface DialectContext {
  /** Name of the receiver, for the telegrams. */
  readonly receiver: string
  readonly losses: Losses
}
