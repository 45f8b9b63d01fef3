import type { Observation } from './decoders/observation.ts'
import type { Hearing } from './memory/recent.ts'
import type { Datagram } from './wmbus/datagram.ts'
import type { Telegram } from './wmbus/telegram.ts'

/**
 * How one telegram ended. The pipeline counts every telegram exactly once: received = Σ outcomes.
 * `unlisted` is dropped undecoded; `incomplete` is a fragment, a link message or a header without data.
 */
export const OUTCOMES = ['observation', 'duplicate', 'unlisted', 'incomplete', 'refused', 'fault', 'internal'] as const
export type OutcomeKind = (typeof OUTCOMES)[number]

export interface Outcome {
  readonly kind: OutcomeKind
  readonly telegram: Telegram
  /** Absent where the telegram was not even framed. */
  readonly datagram: Datagram | null
  /** The same telegram, by whomever it was heard so far; absent where its bytes are damaged. */
  readonly hearing: Hearing | null
  /** `KAM-07134347` where the address could be read. */
  readonly meter: string | null
  /** `layer.reason` of a fault, the policy's word for a refusal. */
  readonly reason: string | null
  readonly observation: Observation | null
}

/** Metrics, control, captures and pages look on; they change nothing. */
export interface Observer {
  outcome?(outcome: Outcome): void
}
