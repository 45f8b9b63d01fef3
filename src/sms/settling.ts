/** Messages that are whole, or will never be: judged and settled in order. Where the disk refuses, they wait and are tried again. */
import type { Joined } from './parts.ts'
import { type InboxParts, type Judged, verdictOf } from './verdict.ts'

/** PDUs that are one message, or the word for why they are none. */
export type Due = Omit<Joined<number>, 'lost'> & { readonly lost: string | null }

export interface Settling {
  add(due: readonly Due[]): void
  /** Settles all that is due, or as much as the disk takes. */
  settle(): void
  /** Since the start. */
  readonly counts: { readonly accepted: number; readonly quarantined: number }
}

export function settling(parts: InboxParts): Settling {
  const due: Due[] = []
  const counts = { accepted: 0, quarantined: 0 }
  return {
    add: (more) => void due.push(...more),
    settle() {
      for (let next = due[0]; next !== undefined; next = due[0]) {
        const judged = settled(parts, next)
        if (judged === null) return
        due.shift()
        const { state } = verdictOf(judged)
        if (state === 'accepted') counts.accepted++
        if (state === 'quarantine') counts.quarantined++
        tell(parts, judged, Math.min(...next.tags))
      }
    },
    counts,
  }
}

/** Null where it could not be stored. */
function settled({ book, judge, log }: InboxParts, { tags, message, lost }: Due): Judged | null {
  const judged = message === null ? { reason: lost ?? 'sms.parts-late' } : judge(message, false)
  try {
    book.settle(tags, verdictOf(judged))
    return judged
  } catch (err) {
    log.error({ err }, 'an SMS is stored, and what became of it could not be: it is tried again')
    return null
  }
}

function tell({ offer, quarantined, log }: InboxParts, judged: Judged, message: number): void {
  if ('observation' in judged) offer(judged.observation)
  else if (verdictOf(judged).state === 'rejected') log.info({ message, reason: judged.reason }, 'an SMS is put aside')
  else {
    log.warn({ message, reason: judged.reason }, 'an SMS is in quarantine: varmesky sms quarantine list')
    quarantined?.()
  }
}
