/** Messages that a person decides about. */
import type { SmsMessage } from './message.ts'
import { joinParts } from './parts.ts'
import { decodePdu, isPdu } from './pdu/pdu.ts'
import { type InboxParts, type KeptPdu, verdictOf } from './verdict.ts'

export interface Quarantine {
  /** Takes a message out of quarantine. Says why where it cannot be read. */
  accept(message: number): { readonly meter: string } | { readonly problem: string }
  reject(message: number): { readonly problem: string } | null
}

/** The message of these PDUs; null where it is not whole. */
export function messageOf(pdus: readonly KeptPdu[]): SmsMessage | null {
  const parts = joinParts<number>({ lifetimeMs: 1, most: pdus.length })
  const decoded = pdus.map(({ pdu }) => decodePdu(pdu)).filter(isPdu)
  return decoded.flatMap((pdu) => parts.add(pdu, 0, 0)).find(({ message }) => message !== null)?.message ?? null
}

export function quarantine({ book, judge, offer }: Pick<InboxParts, 'book' | 'judge' | 'offer'>): Quarantine {
  const inQuarantine = (message: number) => {
    const entry = book.get(message)
    return entry?.state === 'quarantine' ? entry : null
  }
  const seqsOf = (pdus: readonly KeptPdu[]): readonly number[] => pdus.map(({ seq }) => seq)
  const missing = (message: number) => ({ problem: `there is no message ${message} in quarantine` })
  return {
    accept(number) {
      const entry = inQuarantine(number)
      if (entry === null) return missing(number)
      const message = messageOf(entry.pdus)
      if (message === null) return { problem: 'it is not whole, or no message at all: it cannot be read' }
      const judged = judge(message, true)
      if ('reason' in judged) return { problem: `it cannot be read even so (${judged.reason})` }
      book.settle(seqsOf(entry.pdus), verdictOf(judged))
      offer(judged.observation)
      return { meter: judged.observation.meter }
    },
    reject(number) {
      const entry = inQuarantine(number)
      if (entry === null) return missing(number)
      book.settle(seqsOf(entry.pdus), { state: 'rejected', reason: null, meter: null })
      return null
    },
  }
}
