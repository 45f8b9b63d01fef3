import type { FunctionField } from '../wmbus/record.ts'
import type { FieldKind } from './observation.ts'

/** Which records a field is filled from. What is left out means 0, or `instantaneous`. */
export interface Pick {
  /** The standard's quantity (`wmbus/vif.ts`), in whatever unit the meter sends it … */
  readonly quantity?: string
  /** … or the exact value information block in hex, for a manufacturer's own: `FF07`. */
  readonly vib?: string
  /** Names of the combinable VIFEs that must be there, in order (`wmbus/vife.ts`): `forward`, `per month`. */
  readonly modifiers?: readonly string[]
  readonly function?: FunctionField
  readonly storage?: number
  readonly tariff?: number
  readonly subunit?: number
}

/** One named field of a meter type. */
export interface Field {
  readonly name: string
  readonly kind: FieldKind
  /** The register that this is a stored state of: `energy`. With all of them a stored moment may speak for a day. */
  readonly of?: string
  readonly pick: Pick
  /** OBIS groups C.D.E*F where EN 13757-1 has them; A and B (`6-0:` heat, `5-0:` cooling) follow from the device type, unless they stand in front. */
  readonly obis?: string
  /** What the meter's display and manual call it: E8. */
  readonly label?: string
  /** What a manufacturer's own record means; the standard's rows say it themselves. */
  readonly unit?: string
  readonly exponent?: number
  /** The exponent counts on top of that of this field's record in the same telegram. */
  readonly scaledBy?: string
  /** Raw values by which this type says "nothing stored yet" where the standard's own would be 80…00. */
  readonly absent?: readonly number[]
}

/** A status word: where it stands, and what its set bits, or its whole value, mean in plain English. */
export interface StatusWord {
  readonly pick: Pick
  readonly bits: readonly (readonly [mask: number, condition: string])[]
  /** For a word that is a number of a list. */
  readonly states?: readonly (readonly [code: number, condition: string])[]
}

export interface MeterMatch {
  /** Three letters. */
  readonly manufacturer: string
  /** Left out: every version. */
  readonly versions?: readonly number[]
  /** Device types; left out: every type. */
  readonly types?: readonly number[]
}

/** The wall clock a meter keeps: standard time all year, local time with summer time, or nobody has said which. */
export type MeterClock = 'standard' | 'local' | 'unknown'

/** Which end of its day the bare date of a stored value means: 00:00 or 24:00. */
export type DateStamp = 'start' | 'end' | 'unknown'

/** A meter type, as data. The field whose pick fits a record is filled; a telegram's first value stays. */
export interface Decoder {
  readonly name: string
  /** Counts up when a field changes meaning; every observation names it. */
  readonly version: number
  readonly meters: readonly MeterMatch[]
  /** Its message authentication code covers something nobody has described: a wrong one is no forgery, and proves nothing. */
  readonly mac?: 'unverified'
  readonly clock: MeterClock
  readonly stamp: DateStamp
  /** Where it is not the same for all of them: the stamp of these versions. */
  readonly stamps?: readonly { readonly stamp: DateStamp; readonly versions: readonly number[] }[]
  readonly fields: readonly Field[]
  readonly status?: readonly StatusWord[]
}
