/** What comes by SMS, from whatever source: committed, made whole, judged. Nothing is lost on the way, and nothing is taken twice. */
import { joinParts } from './parts.ts'
import { hashOf } from './pdu/hash.ts'
import { decodePdu, isPdu } from './pdu/pdu.ts'
import { messageOf, type Quarantine, quarantine } from './quarantine.ts'
import { settling } from './settling.ts'
import { type InboxParts, type KeptPdu, safely } from './verdict.ts'

export interface InboxState {
  /** Since the start: PDUs that were known already, and messages by what became of them. */
  readonly known: number
  readonly accepted: number
  readonly quarantined: number
  /** Messages whose other parts have not come yet. */
  readonly incomplete: number
}

export interface Inbox extends Quarantine {
  /** On disk when it returns. Throws where the disk refuses: then the source keeps them, and hands them over again. */
  take(pdus: readonly string[]): void
  /** Puts parts that stayed alone into quarantine. */
  expire(): void
  state(): InboxState
}

const PARTS = { lifetimeMs: 24 * 3_600_000, most: 1_000 }
/** Readings of days that may still be open are told again at a start: what was made of them stood in RAM. */
const AGAIN_MS = 3 * 24 * 3_600_000

export function openInbox(given: InboxParts): Inbox {
  const parts = { ...given, judge: safely(given.judge, given.log) }
  const { book, clock } = parts
  const joining = joinParts<number>(PARTS)
  const verdicts = settling(parts)
  let known = 0

  const admit = ({ seq, pdu }: KeptPdu): void => {
    const decoded = decodePdu(pdu)
    verdicts.add(isPdu(decoded) ? joining.add(decoded, seq, clock.monotonicMs()) : [{ tags: [seq], message: null, lost: decoded.fault }])
  }
  tellAgain(parts)
  book.waiting().forEach(admit)
  verdicts.settle()
  return {
    ...quarantine(parts),
    take(pdus) {
      const kept = book.keep(
        pdus.map((pdu) => ({ hash: hashOf(pdu), pdu })),
        clock.utcMs(),
      )
      known += pdus.length - kept.length
      kept.forEach(admit)
      verdicts.settle()
    },
    expire() {
      verdicts.add(joining.expire(clock.monotonicMs()))
      verdicts.settle()
    },
    state: () => ({ known, ...verdicts.counts, incomplete: joining.waiting() }),
  }
}

/** Offers what was accepted lately once more. */
function tellAgain({ book, judge, offer, clock }: InboxParts): void {
  const since = Math.max(1, (clock.utcMs() ?? 0) - AGAIN_MS)
  for (const { pdus } of book.list({ state: 'accepted', since })) {
    const message = messageOf(pdus)
    const judged = message && judge(message, true)
    if (judged && 'observation' in judged) offer(judged.observation)
  }
}
