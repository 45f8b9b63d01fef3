/** One round over a modem that is set up: how it does, what it has stored; each message is committed first and deleted then. */

import { LIST_LINES, listed, type Registration, readPdu, registrationOf, type Stored, signalOf, storageOf } from './answers.ts'
import type { At } from './at.ts'

/** What is known of a modem's network and storage. */
export interface Vitals {
  signalDbm: number | null
  registration: Registration | null
  /** The fullest memory. */
  storage: { readonly memory: string; readonly used: number; readonly total: number } | null
}

/** Counted since the start. */
export interface Tally {
  /** PDUs seen in storage, each time they were listed. */
  listed: number
  deleted: number
  /** Entries that came in pieces, and were read again. */
  torn: number
}

export interface RoundParts {
  readonly at: At
  /** Commits PDUs to disk; throws where that fails, and then nothing is deleted. */
  readonly commit: (pdus: readonly string[]) => void | Promise<void>
  readonly deletes: boolean
  readonly vitals: Vitals
  readonly tally: Tally
}

/** Rejects with a breakage, or with what `commit` throws. */
export async function round(parts: RoundParts): Promise<void> {
  const { at } = parts
  // A modem that began anew without a word has forgotten this; in text mode no PDU would be listed.
  await at.ask('AT+CMGF=0')
  await look(parts)
  for (const memory of ['SM', 'ME']) await empty(parts, memory)
}

async function look({ at, vitals }: RoundParts): Promise<void> {
  const signal = await at.ask('AT+CSQ', { takes: /^\+CSQ:/ })
  vitals.signalDbm = signalOf(signal.lines)
  for (const kind of ['CREG', 'CEREG']) {
    const { lines } = await at.ask(`AT+${kind}?`, { takes: new RegExp(`^\\+${kind}:`) })
    vitals.registration = registrationOf(lines[0] ?? '') ?? vitals.registration
    if (vitals.registration === 'home' || vitals.registration === 'roaming') return
  }
}

const LIST_MS = 60_000

/** Reads the messages of one memory, where the modem has it. */
async function empty(parts: RoundParts, memory: string): Promise<void> {
  const { at, vitals, tally, deletes } = parts
  const selected = await at.ask(`AT+CPMS="${memory}"`, { takes: /^\+CPMS:/ })
  if (!selected.ok) return
  const storage = storageOf(selected.lines)
  if (storage) note(vitals, { memory, ...storage })
  const { messages, torn } = listed((await at.ask('AT+CMGL=4', { takes: LIST_LINES, timeoutMs: LIST_MS })).lines)
  tally.torn += torn
  const received = messages.filter(({ status }) => status < 2)
  tally.listed += received.length
  if (received.length === 0) return
  await parts.commit(received.map(({ pdu }) => pdu))
  if (!deletes) return
  const before = tally.deleted
  for (const message of received) await remove(parts, message)
  // What is full until it is read is not full.
  if (storage) note(vitals, { memory, ...storage, used: Math.max(0, storage.used - (tally.deleted - before)) })
}

/** The fullest memory is the one that is told of. */
function note(vitals: Vitals, now: NonNullable<Vitals['storage']>): void {
  const other = vitals.storage
  if (other === null || other.memory === now.memory || now.used * other.total >= other.used * now.total) vitals.storage = now
}

/**
 * Deletes a message only where it still is: a modem that began anew in between may have given its place to another one. A
 * refusal is no harm: the message is listed again, and known.
 */
async function remove({ at, tally }: RoundParts, { index, pdu }: Stored): Promise<void> {
  const there = await at.ask(`AT+CMGR=${index}`, { takes: LIST_LINES })
  if (readPdu(there.lines) !== pdu) return
  const { ok } = await at.ask(`AT+CMGD=${index}`, { timeoutMs: 10_000 })
  if (ok) tally.deleted++
}
