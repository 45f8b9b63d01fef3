import type { SinkStatus } from '../delivery.ts'
import type { ProvisionalState } from '../memory/provisional.ts'
import type { OutcomeKind } from '../outcome.ts'
import type { Ignored } from '../readings/readings.ts'
import type { ReceiverHealth } from '../receivers/receiver.ts'
import type { AskingState } from '../sms/asking.ts'
import type { InboxState } from '../sms/inbox.ts'
import type { ModemHealth } from '../sms/modem/state.ts'
import type { SpoolHealth } from '../sms/spool.ts'
import type { Queue } from '../store/outbox/messages.ts'
import type { Store } from '../store/store.ts'
import type { Mode } from './modes.ts'

/** The day now running in the gateway's time zone, and the one before. */
export interface DayStatus {
  /** YYYY-MM-DD. */
  readonly day: string
  readonly yesterday: {
    readonly day: string
    readonly closed: boolean
    /** Meters that have a reading of that day, out of those registered. */
    readonly readings: number
    readonly expected: number
  }
}

/** Whether the time is known, and what that means for readings. */
export interface ClockStatus {
  readonly known: boolean
  /** One word for it, and in plain English what it means and what to try. */
  readonly reason: string
  readonly text: string
  /** Observations that wait for the time, that got it later, and that were given up. */
  readonly provisional: ProvisionalState
}

/** How the disk does, what waits for it in RAM, and how far a damaged file has been read out. */
export type StoreStatus = ReturnType<Store['health']> & Queue

/** What became too old (docs/data-protection.md). */
export interface RetentionStatus {
  /** Readings that were removed by age before they were delivered and confirmed, since the store was made. */
  readonly lost: number
  /** RFC 3339 UTC: the date that ages are counted to; null before anything was stored. */
  readonly date: string | null
  /** The last daily purge since the start: when, and how many by kind. */
  readonly last: { readonly at: string | null; readonly removed: Readonly<Record<string, number>> } | null
}

/** How the way in by SMS does. */
export interface SmsStatus {
  /** Null where messages come from a spool directory alone. */
  readonly modem: ModemHealth | null
  readonly spool: SpoolHealth | null
  /** Questions to modules that answer only; null without a modem. */
  readonly asking: AskingState | null
  readonly inbox: InboxState
  /** Messages on disk by what became of them. */
  readonly stored: ReturnType<Store['sms']['counts']>
  /** Meters that report by SMS; of how many of them a person is to say that this way has ended. */
  readonly sources: { readonly sms: number; readonly both: number }
}

/** What a running daemon tells about itself: the result of the control action `status`. */
export interface GatewayStatus {
  readonly gateway: string
  readonly version: string
  /** RFC 3339 UTC, or null where the clock was not known to be right. */
  readonly startedAt: string | null
  /** Less than normal after starts that did not live, and how many those were. */
  readonly mode: Mode
  readonly failedStarts: number
  readonly receivers: readonly ReceiverHealth[]
  readonly outcomes: Readonly<Record<OutcomeKind, number>>
  /** Faults and refusals by name. */
  readonly reasons: Readonly<Record<string, number>>
  /** `nextKeys`: with a next key that no telegram has opened with yet. */
  readonly meters: { readonly registered: number; readonly heardToday: number; readonly nextKeys: number }
  /** Observations that speak for no day, by reason. */
  readonly ignored: Readonly<Record<Ignored, number>>
  /** Addresses heard in the last day that are not registered; null where the configuration does not list them. */
  readonly unlisted: readonly { readonly meter: string; readonly telegrams: number }[] | null
  readonly clock: ClockStatus
  /** Null while the clock is not known to be right. */
  readonly day: DayStatus | null
  readonly sinks: readonly SinkStatus[]
  readonly store: StoreStatus
  /** Null where no meter reports by SMS. */
  readonly sms: SmsStatus | null
  /** Null where the disk cannot be read. */
  readonly retention: RetentionStatus | null
}
