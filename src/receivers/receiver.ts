import type { Telegram } from '../wmbus/telegram.ts'
import type { Recoveries } from './health/steps.ts'

/** Of a port that is kept open. */
export type PortState = 'opening' | 'receiving' | 'waiting' | 'closed' | 'ended'
/** `silent`: it should receive, and has heard nothing for longer than is usual. */
export type ReceiverState = PortState | 'silent'

/** What a receiver tells about itself; counters rise for ever. */
export interface ReceiverHealth {
  readonly name: string
  readonly use: string
  readonly at: string
  readonly state: ReceiverState
  /** What keeps it from receiving or hearing anything, in words that say what to try; null while it hears. */
  readonly trouble: string | null
  readonly telegrams: number
  readonly bytes: number
  /** Bytes skipped while looking for the next frame. */
  readonly skipped: number
  /** Frames whose host-link checksum was wrong: not delivered. */
  readonly badChecksums: number
  /** Of a port where many may send: datagrams the system dropped because nobody fetched them in time, connections beyond the most. */
  readonly dropped?: number
  /** How often it was set up anew after it had been receiving. */
  readonly reopened: number
  /** What was done about silence since the start. */
  readonly recoveries?: Recoveries
  /** The device at the other end as it described itself; empty where it does not. */
  readonly device?: string
  /** Monotonic milliseconds of the last telegram, or null; and its strength in dBm, where it is told. */
  readonly lastTelegramMs: number | null
  readonly lastRssi?: number | null
}

/** A source of telegrams: a dialect (what the bytes mean) over a port (where they come from). */
export interface Receiver {
  readonly name: string
  /** Starts and keeps receiving; resolves once the first attempt to open has ended, well or not. */
  start(deliver: (telegram: Telegram) => void): Promise<void>
  stop(): Promise<void>
  /** Restarts the device and sets it up anew, or opens its port anew; false where it is not receiving and so already trying. */
  reset?(): boolean
  health(): ReceiverHealth
}
