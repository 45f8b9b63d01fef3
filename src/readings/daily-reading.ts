import type { Encryption, Integrity, MeterStatus } from '../decoders/observation.ts'
import type { Flag } from './flags.ts'

/** A value as billing gets it: a decimal string with the register's own resolution, in the family the meter sends. */
export interface RegisterValue {
  readonly value: string
  readonly unit: string
  readonly obis?: string
  readonly label?: string
}

/** A value of a moment that the meter stored by itself: the end of a month, a target date. */
export interface StoredValue extends RegisterValue {
  /** As the meter says it, ISO local time by its own clock: a day, or a day and a time. */
  readonly date: string
  /** That moment, RFC 3339 UTC; only where the meter type says what the meter's clock and dates mean. */
  readonly at?: string
}

/** What a reading of the day rests on, best last: the rank is the class of evidence in `precedence`. */
export type EvidenceKind = 'early' | 'boundary' | 'meter-stored'

/** How good it is: `suspect` where a flag casts doubt on a value. Flags inform; they never change or hide one. */
export interface Quality {
  readonly state: 'valid' | 'suspect'
  readonly flags: readonly Flag[]
  /** Days without a reading right before; only with `gap.before`. */
  readonly gapDays?: number
}

/** Why a reading was made again, by a person's decision. */
export interface Correction {
  /** 1 for the first correction of this meter and day. */
  readonly number: number
  readonly reason: string
  /** Id of the reading it replaces. */
  readonly replaces: string
}

/** One meter, one day: the message billing gets (docs/mqtt). Property order is the order on the wire. */
export interface DailyReading {
  readonly schema: 'varmesky.reading.daily/1'
  /** Meter, day and 12 hex of SHA-256 over what would be billed. */
  readonly id: string
  readonly meter: {
    readonly manufacturer: string
    readonly id: string
    readonly version: number | null
    readonly deviceType: string
    readonly installation?: string
  }
  /** Local calendar day, YYYY-MM-DD. */
  readonly day: string
  /** The instant the local day ends, RFC 3339 UTC. */
  readonly boundary: string
  readonly timeZone: string
  readonly registers: Readonly<Record<string, RegisterValue>>
  readonly momentary?: Readonly<Record<string, RegisterValue>>
  /** Values with dates of their own, by name: no reading of this day. */
  readonly stored?: Readonly<Record<string, StoredValue>>
  readonly status?: MeterStatus
  readonly evidence: {
    readonly kind: EvidenceKind
    /** The moment the registers stood so, RFC 3339 UTC. */
    readonly observedAt: string
    readonly offsetSeconds: number
    /** Whose clock says so: the gateway's, the network's, or the meter's own. */
    readonly clock: 'synchronized' | 'network' | 'meter'
    /** When the telegram was heard; only where that is another moment. */
    readonly heardAt?: string
  }
  /** Correction, then class of evidence, then nearness to the boundary: the highest wins. */
  readonly precedence: number
  readonly quality: Quality
  readonly security: { readonly encryption: Encryption; readonly integrity: Integrity }
  /** Only in a message that corrects an earlier one of this meter and day. */
  readonly correction?: Correction
  readonly source: { readonly path: 'wmbus' | 'sms'; readonly gateway: string; readonly decoder: string }
}
