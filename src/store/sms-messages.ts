import type { Database } from './disk/database.ts'

/** `waiting`: for its other parts, or for a verdict that a crash prevented. */
export type SmsState = 'waiting' | 'accepted' | 'quarantine' | 'rejected'

/** One PDU as it came. */
export interface SmsPdu {
  readonly seq: number
  /** In hexadecimal; empty once its time to be kept is over. */
  readonly pdu: string
  /** Milliseconds since 1970 UTC; null where the time was not known. */
  readonly receivedAt: number | null
}

/** A message, or what there is of one, with what became of it. Its number is that of its first PDU. */
export interface SmsEntry {
  readonly message: number
  readonly state: SmsState
  /** Why it is in quarantine. */
  readonly reason: string | null
  readonly meter: string | null
  readonly pdus: readonly SmsPdu[]
}

export interface SmsVerdict {
  readonly state: SmsState
  readonly reason: string | null
  readonly meter: string | null
}

/** Messages by SMS: known by a hash, so that none is taken twice, and kept until retention removes them. */
export interface SmsMessages {
  /** Stores those not known yet in one transaction, fsynced on return, and gives them back. Throws where the disk refuses. */
  keep(pdus: readonly { readonly hash: string; readonly pdu: string }[], receivedAt: number | null): readonly SmsPdu[]
  /** In the order they came. */
  waiting(): readonly SmsPdu[]
  /** These PDUs are one message, and this became of it. */
  settle(seqs: readonly number[], verdict: SmsVerdict): void
  /** The newest first. */
  list(query: { readonly state: SmsState; readonly since?: number; readonly limit?: number }): readonly SmsEntry[]
  get(message: number): SmsEntry | undefined
  counts(): Readonly<Record<SmsState, number>>
}

interface Row extends SmsPdu {
  readonly message: number
  readonly state: SmsState
  readonly reason: string | null
  readonly meter: string | null
}

const COLUMNS = 'seq, pdu, received_at AS receivedAt, message, state, reason, meter'
const MOST_LISTED = 10_000

/** Rows of one message stand together. */
function entriesOf(rows: readonly Row[]): SmsEntry[] {
  const entries = new Map<number, SmsEntry & { readonly pdus: SmsPdu[] }>()
  for (const { seq, pdu, receivedAt, ...entry } of rows) {
    const there = entries.get(entry.message) ?? { ...entry, pdus: [] }
    there.pdus.push({ seq, pdu, receivedAt })
    entries.set(entry.message, there)
  }
  return [...entries.values()]
}

export const createSmsMessages = (db: Database): SmsMessages => {
  const insert = db.prepare<[hash: string, pdu: string, receivedAt: number | null], SmsPdu>(`
    INSERT INTO sms_pdus (hash, pdu, received_at, state) VALUES (unhex(?), ?, ?, 'waiting')
    ON CONFLICT DO NOTHING RETURNING seq, pdu, received_at AS receivedAt`)
  const selectWaiting = db.prepare<[], SmsPdu>(
    `SELECT seq, pdu, received_at AS receivedAt FROM sms_pdus WHERE state = 'waiting' ORDER BY seq`,
  )
  const update = db.prepare<[SmsVerdict & { readonly seq: number; readonly message: number }]>(
    'UPDATE sms_pdus SET message = @message, state = @state, reason = @reason, meter = @meter WHERE seq = @seq',
  )
  const select = db.prepare<[{ state: SmsState; since: number; limit: number }], Row>(`
    SELECT ${COLUMNS} FROM sms_pdus WHERE state = @state AND message IN (
      SELECT message FROM sms_pdus WHERE state = @state AND message IS NOT NULL AND (@since = 0 OR received_at >= @since)
      GROUP BY message ORDER BY message DESC LIMIT @limit
    ) ORDER BY message DESC, seq`)
  const selectOne = db.prepare<[message: number], Row>(`SELECT ${COLUMNS} FROM sms_pdus WHERE message = ? ORDER BY seq`)
  const count = db.prepare<[], { readonly state: SmsState; readonly n: number }>(
    'SELECT state, count(DISTINCT ifnull(message, seq)) AS n FROM sms_pdus GROUP BY state',
  )
  return {
    keep: db.transaction((pdus: readonly { readonly hash: string; readonly pdu: string }[], receivedAt: number | null) =>
      pdus.flatMap(({ hash, pdu }) => insert.all(hash, pdu, receivedAt)),
    ),
    waiting: () => selectWaiting.all(),
    settle: db.transaction((seqs: readonly number[], verdict: SmsVerdict) => {
      const message = Math.min(...seqs)
      for (const seq of seqs) update.run({ ...verdict, seq, message })
    }),
    list: ({ state, since = 0, limit = MOST_LISTED }) => entriesOf(select.all({ state, since, limit })),
    get: (message) => entriesOf(selectOne.all(message))[0],
    counts: () => ({
      ...{ waiting: 0, accepted: 0, quarantine: 0, rejected: 0 },
      ...Object.fromEntries(count.all().map(({ state, n }) => [state, n])),
    }),
  }
}
