/** What comes by SMS, from whatever source: committed, made whole, judged. Nothing is lost on the way, and nothing is taken twice. */
import { createHash } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { Observation } from '../decoders/observation.ts'
import type { Log } from '../log.ts'
import type { SmsMessage } from './message.ts'
import { joinParts } from './parts.ts'
import { decodePdu, isPdu } from './pdu/pdu.ts'

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

export interface InboxParts {
  readonly book: Book
  /** `trusted`: a person vouches for the message, whoever sent it. */
  judge(message: SmsMessage, trusted: boolean): Judged
  offer(observation: Observation): void
  readonly clock: Clock
  readonly log: Log
}

export interface InboxState {
  /** Since the start: PDUs that were known already, and messages by what became of them. */
  readonly known: number
  readonly accepted: number
  readonly quarantined: number
  /** Messages whose other parts have not come yet. */
  readonly incomplete: number
}

export interface Inbox {
  /** On disk when it returns. Throws where the disk refuses: then the source keeps them, and hands them over again. */
  take(pdus: readonly string[]): void
  /** Puts parts that stayed alone into quarantine. */
  expire(): void
  /** Takes a message out of quarantine. Says why where it cannot be read. */
  accept(message: number): { readonly meter: string } | { readonly problem: string }
  reject(message: number): { readonly problem: string } | null
  state(): InboxState
}

/** PDUs that are one message, or the word for why they are none. */
interface Due {
  readonly tags: readonly number[]
  readonly message: SmsMessage | null
  readonly lost: string | null
}

const PARTS = { lifetimeMs: 24 * 3_600_000, most: 1_000 }
/** Readings of days that may still be open are told again at a start: what was made of them stood in RAM. */
const AGAIN_MS = 3 * 24 * 3_600_000

/** Two PDUs of one hash are the same message: the same words of the same sender in the same second of the service centre. */
export function hashOf(pdu: string): string {
  const decoded = decodePdu(pdu)
  const sha = createHash('sha256')
  if (!isPdu(decoded)) return sha.update(pdu.toUpperCase()).digest('hex')
  const { from, alphabet, stamp, header, content } = decoded
  return sha
    .update(JSON.stringify([from, alphabet, header.length]))
    .update(stamp)
    .update(header)
    .update(content)
    .digest('hex')
}

export function openInbox(parts: InboxParts): Inbox {
  const { book, clock, log } = parts
  const joining = joinParts<number>(PARTS)
  const counts = { known: 0, accepted: 0, quarantined: 0 }

  /** What is to be judged and settled, in order: where the disk refuses, it stays here and is tried again. */
  const due: Due[] = []

  const settleDue = (): void => {
    for (let next = due[0]; next !== undefined; next = due[0]) {
      const judged = next.message === null ? { reason: next.lost ?? 'sms.parts-late' } : judge(next.message, false)
      try {
        book.settle(next.tags, verdictOf(judged))
      } catch (err) {
        log.error({ err }, 'an SMS is stored, and what became of it could not be: it is tried again')
        return
      }
      due.shift()
      const accepted = 'observation' in judged
      counts[accepted ? 'accepted' : 'quarantined']++
      if (accepted) parts.offer(judged.observation)
      else log.warn({ message: Math.min(...next.tags), reason: judged.reason }, 'an SMS is in quarantine: varmesky sms quarantine list')
    }
  }
  const judge = (message: SmsMessage, trusted: boolean): Judged => {
    try {
      return parts.judge(message, trusted)
    } catch (err) {
      log.error({ err }, 'an SMS met a bug: please report it')
      return { reason: 'sms.internal' }
    }
  }
  const admit = ({ seq, pdu }: KeptPdu): void => {
    const decoded = decodePdu(pdu)
    due.push(...(isPdu(decoded) ? joining.add(decoded, seq, clock.monotonicMs()) : [{ tags: [seq], message: null, lost: decoded.fault }]))
  }
  const messageOf = (pdus: readonly KeptPdu[]): SmsMessage | null => {
    const alone = joinParts<number>(PARTS)
    const decoded = pdus.map(({ pdu }) => decodePdu(pdu)).filter(isPdu)
    return decoded.flatMap((pdu) => alone.add(pdu, 0, 0)).find(({ message }) => message !== null)?.message ?? null
  }
  const inQuarantine = (message: number) => {
    const entry = book.get(message)
    return entry?.state === 'quarantine' ? entry : null
  }

  for (const { pdus } of book.list({ state: 'accepted', since: Math.max(1, (clock.utcMs() ?? 0) - AGAIN_MS) })) {
    const message = messageOf(pdus)
    const judged = message && judge(message, true)
    if (judged && 'observation' in judged) parts.offer(judged.observation)
  }
  book.waiting().forEach(admit)
  settleDue()
  return {
    take(pdus) {
      const kept = book.keep(
        pdus.map((pdu) => ({ hash: hashOf(pdu), pdu })),
        clock.utcMs(),
      )
      counts.known += pdus.length - kept.length
      kept.forEach(admit)
      settleDue()
    },
    expire() {
      due.push(...joining.expire(clock.monotonicMs()))
      settleDue()
    },
    accept(number) {
      const entry = inQuarantine(number)
      if (entry === null) return { problem: `there is no message ${number} in quarantine` }
      const message = messageOf(entry.pdus)
      if (message === null) return { problem: 'it is not whole, or no message at all: it cannot be read' }
      const judged = judge(message, true)
      if ('reason' in judged) return { problem: `it cannot be read even so (${judged.reason})` }
      book.settle(
        entry.pdus.map(({ seq }) => seq),
        verdictOf(judged),
      )
      parts.offer(judged.observation)
      return { meter: judged.observation.meter }
    },
    reject(number) {
      const entry = inQuarantine(number)
      if (entry === null) return { problem: `there is no message ${number} in quarantine` }
      book.settle(
        entry.pdus.map(({ seq }) => seq),
        { state: 'rejected', reason: null, meter: null },
      )
      return null
    },
    state: () => ({ ...counts, incomplete: joining.waiting() }),
  }
}

const verdictOf = (judged: Judged): Verdict =>
  'observation' in judged
    ? { state: 'accepted', reason: null, meter: judged.observation.meter }
    : { state: 'quarantine', reason: judged.reason, meter: null }
