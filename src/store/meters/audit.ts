/**
 * Who did what to keys, meters and data: rows that are only ever added, each bound to the one before it by a hash, so that none can be
 * changed, left out or put in later without a trace. Never a key: its check value at the most.
 */
import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import type { Database } from '../disk/database.ts'

/** Everything there is an entry of. */
export const AUDITED = {
  'meter.registered': 'a meter was registered',
  'meter.removed': 'a meter was removed; its readings stay',
  'meter.forgotten': 'all that was stored of a meter was removed',
  'meter.retired': 'a meter was taken out of service',
  'meter.plain': 'whether a meter with a key may send unencrypted',
  'key.set': 'a meter got a key',
  'key.removed': 'a meter lost its key',
  'key.next': 'a meter got a next key, or lost it',
  'key.promoted': 'a meter sends with its next key: it took the place of the one before',
  'kek.rotated': 'all keys were sealed anew with another key-encryption key',
  export: 'data was taken out',
  backup: 'a backup was made',
  restore: 'this state was restored from a backup',
  purge: 'data over its time was removed at somebody’s request',
} as const
export type Audited = keyof typeof AUDITED

export type AuditFacts = Readonly<Record<string, string | number | boolean | null>>

export interface AuditEntry {
  /** A database file begins a chain of its own; one that was salvaged brings its along. */
  readonly chain: string
  readonly seq: number
  /** RFC 3339 UTC; null if the wall clock was not known to be right. */
  readonly at: string | null
  /** As the command told it; `daemon` for what it did by itself. */
  readonly who: string
  readonly what: Audited
  /** The meter; null where it is about none, or that one was forgotten. */
  readonly subject: string | null
  readonly facts: AuditFacts
  /** 64 hex digits, over this entry and the hash of the one before. */
  readonly hash: string
}

export interface AuditState {
  readonly entries: number
  /** Of each chain the number of its entries and its last hash: who notes them elsewhere can tell whether its end was cut off. */
  readonly chains: readonly { readonly chain: string; readonly entries: number; readonly last: string }[]
  /** `chain/seq` of entries that are not what was written, or do not follow the one before. */
  readonly broken: readonly string[]
}

export interface Audit {
  /** Whatever is done to the store while `perform` runs, which must not wait for anything, is `who`'s doing. */
  by<Result>(who: string, perform: () => Result): Result
  note(what: Audited, subject: string | null, facts: AuditFacts): void
  /** Oldest first, the last `limit`. */
  list(query: { readonly subject?: string; readonly limit?: number }): readonly AuditEntry[]
  verify(): AuditState
}

interface AuditRow {
  readonly chain: string
  readonly seq: number
  readonly at: number | null
  readonly who: string
  readonly what: Audited
  readonly subject: string | null
  readonly salt: Buffer | null
  /** Stays when subject and salt are taken out: the chain holds, and nobody can tell whom it was about. */
  readonly commitment: Buffer | null
  readonly facts: string
  readonly hash: Buffer
}

const sha256 = (...parts: readonly (string | Uint8Array)[]): Buffer => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

const FIRST = Buffer.alloc(32)
const hashOf = (
  before: Uint8Array,
  { chain, seq, at, who, what, commitment, facts }: Omit<AuditRow, 'hash' | 'subject' | 'salt'>,
): Buffer => sha256(before, JSON.stringify([chain, seq, at, who, what, commitment?.toString('hex') ?? null, facts]))

export interface NewEntry {
  /** Milliseconds since 1970 UTC, or null. */
  readonly at: number | null
  readonly who: string
  readonly what: Audited
  readonly subject: string | null
  readonly facts: AuditFacts
}

/** Adds an entry to the chain of this file; within the caller's transaction where there is one. */
export const auditAppender = (db: Database): ((entry: NewEntry) => void) => {
  const selectLast = db.prepare<[], { chain: string; seq: number | null; hash: Buffer | null }>(`
    SELECT audit_chain.id AS chain, seq, hash FROM audit_chain LEFT JOIN audit ON audit.chain = audit_chain.id ORDER BY seq DESC LIMIT 1`)
  const insert = db.prepare<[AuditRow]>(`
    INSERT INTO audit (chain, seq, at, who, what, subject, salt, commitment, facts, hash)
    VALUES (@chain, @seq, @at, @who, @what, @subject, @salt, @commitment, @facts, @hash)`)
  return ({ at, who, what, subject, facts }) => {
    const last = selectLast.get()!
    const salt = subject === null ? null : randomBytes(16)
    const commitment = subject === null ? null : sha256(salt!, subject)
    const row = { chain: last.chain, seq: (last.seq ?? 0) + 1, at, who, what, commitment, facts: JSON.stringify(facts) }
    insert.run({ ...row, subject, salt, hash: hashOf(last.hash ?? FIRST, row) })
  }
}

/** Takes a meter's name out of all entries about it, which leaves their chain whole. How many. */
export const withoutSubject = (db: Database, meter: string): number =>
  db.prepare('UPDATE audit SET subject = NULL, salt = NULL WHERE subject = ?').run(meter).changes

export const createAudit = (db: Database, clock: Clock): Audit => {
  const append = auditAppender(db)
  const select = db.prepare<[subject: string | null, subject: string | null, limit: number], AuditRow>(`
    SELECT * FROM (SELECT rowid AS place, * FROM audit WHERE ? IS NULL OR subject = ? ORDER BY rowid DESC LIMIT ?) ORDER BY place`)
  const selectAll = db.prepare<[], AuditRow>('SELECT * FROM audit ORDER BY chain, seq')
  let who = 'daemon'
  return {
    by(name, perform) {
      const before = who
      who = name
      try {
        return perform()
      } finally {
        who = before
      }
    },
    note: (what, subject, facts) => append({ at: clock.utcMs(), who, what, subject, facts }),
    list: ({ subject = null, limit = Number.MAX_SAFE_INTEGER }) => select.all(subject, subject, limit).map(entryOf),
    verify: () => verified(selectAll.iterate()),
  }
}

const entryOf = ({ chain, seq, at, who, what, subject, facts, hash }: AuditRow): AuditEntry => ({
  chain,
  seq,
  at: at === null ? null : new Date(at).toISOString(),
  who,
  what,
  subject,
  facts: JSON.parse(facts),
  hash: hash.toString('hex'),
})

/** @param rows by chain and number */
const verified = (rows: Iterable<AuditRow>): AuditState => {
  const chains = new Map<string, { entries: number; last: Buffer }>()
  const broken: string[] = []
  for (const row of rows) {
    const { entries, last } = chains.get(row.chain) ?? { entries: 0, last: FIRST }
    const isNext = row.seq === entries + 1 && row.hash.equals(hashOf(last, row))
    if (!isNext || !isOf(row)) broken.push(`${row.chain}/${row.seq}`)
    // Goes on behind a gap, so that one missing entry is told once.
    chains.set(row.chain, { entries: row.seq, last: row.hash })
  }
  const told = [...chains].map(([chain, { entries, last }]) => ({ chain, entries, last: last.toString('hex') }))
  return { entries: told.reduce((sum, { entries }) => sum + entries, 0), chains: told, broken }
}

const isOf = ({ subject, salt, commitment }: AuditRow): boolean =>
  subject === null || (salt !== null && commitment !== null && sha256(salt, subject).equals(commitment))
