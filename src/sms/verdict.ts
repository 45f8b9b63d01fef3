/** What becomes of messages, and what must be had to say so. */
import type { Clock } from '../clock.ts'
import type { Observation } from '../decoders/observation.ts'
import type { Log } from '../log.ts'
import type { SmsMessage } from './message.ts'

/** A PDU on disk. */
export interface KeptPdu {
  readonly seq: number
  readonly pdu: string
  readonly receivedAt: number | null
}

export interface Verdict {
  readonly state: 'accepted' | 'quarantine' | 'rejected'
  readonly reason: string | null
  readonly meter: string | null
}

/** What the inbox needs of the store. */
export interface Book {
  keep(pdus: readonly { readonly hash: string; readonly pdu: string }[], receivedAt: number | null): readonly KeptPdu[]
  waiting(): readonly KeptPdu[]
  settle(seqs: readonly number[], verdict: Verdict): void
  list(query: { readonly state: 'accepted'; readonly since: number }): readonly { readonly pdus: readonly KeptPdu[] }[]
  get(message: number): { readonly state: string; readonly pdus: readonly KeptPdu[] } | undefined
}

/** A reading, or the word for why there is none. */
export type Judged = { readonly observation: Observation } | { readonly reason: string }

/** `trusted`: a person vouches for the message, whoever sent it. */
export type Judge = (message: SmsMessage, trusted: boolean) => Judged

export interface InboxParts {
  readonly book: Book
  readonly judge: Judge
  offer(observation: Observation): void
  /** One more message is in quarantine. */
  quarantined?(): void
  readonly clock: Clock
  readonly log: Log
}

/** A bug in what reads messages is one message in quarantine, and not the end of all. */
export const safely =
  (judge: Judge, log: Log): Judge =>
  (message, trusted) => {
    try {
      return judge(message, trusted)
    } catch (err) {
      log.error({ err }, 'an SMS met a bug: please report it')
      return { reason: 'sms.internal' }
    }
  }

/** A person said before that such messages are not wanted: nobody is asked again. */
const UNWANTED = 'sms.ended'

export function verdictOf(judged: Judged): Verdict {
  if ('observation' in judged) return { state: 'accepted', reason: null, meter: judged.observation.meter }
  const { reason } = judged
  return { state: reason === UNWANTED ? 'rejected' : 'quarantine', reason, meter: null }
}
