import { join } from 'node:path'
import type { Cancel, Clock } from '../../clock.ts'
import type { Connection } from '../disk/database.ts'
import type { SalvageState } from '../disk/watch.ts'
import { isIntact, OUTBOX_COLUMNS, type OutboxRow } from '../outbox/row.ts'
import { filesAside, markSalvaged, openAside } from './aside.ts'
import { SALVAGE } from './begin-anew.ts'
import { cellsInPages } from './leaf-pages.ts'
import { looseMessages, looseTexts } from './loose-rows.ts'
import { lastGiven } from './meters-copy.ts'
import { type Row, readableRows, rowInserter } from './rows.ts'

/** So long one step may take, so much it may do, and so long receiving has the processor to itself then. */
const STEP_MS = 20
const STEP_PORTIONS = 10
const PAUSE_MS = 50
const RETRY_MS = 10_000
const PORTION = 200

interface SalvageParts {
  readonly directory: string
  readonly clock: Clock
  /** The database that takes what is saved. */
  readonly connection: () => Connection
  /** The sinks that are configured: what not all of them are known to have goes out again. */
  readonly sinks: readonly string[]
  /** Called when a file was read out. */
  readonly done: (state: SalvageState) => void
}

export interface Salvage {
  /** Takes up what was put aside; harmless while it runs. */
  start(): void
  stop(): void
  /** The file being read out now. */
  state(): SalvageState | null
}

/**
 * Reads files put aside out into the present database, in small steps while receiving goes on, and goes on after a restart
 * where it was: how far it came is committed together with what was saved. A message that every sink is known to have keeps
 * its number and stays where it can be asked for; any other is put in anew, so that it is sent: twice rather than never.
 */
export const createSalvage = (parts: SalvageParts): Salvage => {
  const { directory, clock } = parts
  let cancel: Cancel | null = null
  let reading: Reading | null = null

  const later = (ms: number): void => {
    cancel?.()
    cancel = clock.after(ms, step)
  }
  const step = (): void => {
    cancel = null
    try {
      reading ??= nextReading(parts)
      if (reading === null) return
      const over = reading.step()
      if (over) finish(reading)
      later(PAUSE_MS)
    } catch {
      // The present disk refuses: the store looks after that. The file is opened anew, from where it was committed.
      reading?.close()
      reading = null
      later(RETRY_MS)
    }
  }
  const finish = ({ close, state }: Reading): void => {
    const { file } = state()
    close()
    markSalvaged(directory, file)
    parts.connection().prepare('DELETE FROM memory WHERE kind = ? AND key = ?').run(SALVAGE, file)
    reading = null
    parts.done(state())
  }
  return {
    start: () => void (cancel === null && later(0)),
    stop() {
      cancel?.()
      cancel = null
      reading?.close()
      reading = null
    },
    state: () => reading?.state() ?? null,
  }
}

interface Reading {
  /** A little more; true when there is no more. */
  step(): boolean
  close(): void
  state(): SalvageState
}

/** The oldest file put aside, from where its reading stopped; null where there is none. */
const nextReading = (parts: SalvageParts): Reading | null => {
  const file = filesAside(parts.directory)[0]
  if (file === undefined) return null
  const db = parts.connection()
  const noted = db.prepare<[string, string], string>('SELECT value FROM memory WHERE kind = ? AND key = ?').pluck().get(SALVAGE, file)
  const { next = 1, saved = 0, damaged = 0 } = JSON.parse(noted ?? '{}') as Partial<SalvageState & { next: number }>
  const progress = { next, saved, damaged }
  const note = db.prepare(
    `INSERT INTO memory (kind, key, value) VALUES ('${SALVAGE}', ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value`,
  )
  const source = openOrNull(parts.directory, file)
  const work = readOut(source, join(parts.directory, file), db, parts.sinks, progress)
  const step = db.transaction(() => {
    const endMs = parts.clock.monotonicMs() + STEP_MS
    let over: boolean | undefined
    for (let n = 0; !over && n < STEP_PORTIONS && parts.clock.monotonicMs() < endMs; n++) over = work.next().done
    note.run(file, JSON.stringify(progress))
    return over === true
  })
  return {
    step,
    close: () => void source?.close(),
    state: () => ({ file, saved: progress.saved, damaged: progress.damaged }),
  }
}

const openOrNull = (directory: string, file: string): Connection | null => {
  try {
    return openAside(directory, file)
  } catch {
    return null
  }
}

interface Progress {
  next: number
  saved: number
  damaged: number
}

/** Through its tables, where it still is a database; then through its pages, as a spoiled inner page can hide others without a word. */
function* readOut(source: Connection | null, path: string, db: Connection, sinks: readonly string[], progress: Progress): Generator<void> {
  const isSettled = source === null ? () => false : settledIn(source, sinks)
  const put = putter(db)
  const take = (row: OutboxRow): void => void (isIntact(row) && put(row, isSettled(row.seq)) && progress.saved++)
  for (const [rows, to] of source === null ? [] : readablePortions(source, progress.next, lastGiven(db))) {
    rows.forEach(take)
    progress.next = to + 1
    yield
  }
  const putText = rowInserter(db, 'sms_pdus')
  for (const cells of cellsInPages(path)) {
    const rows = looseMessages(cells)
    rows.forEach(take)
    looseTexts(cells).forEach(putText)
    progress.damaged += rows.filter((row) => !isIntact(row)).length
    yield
  }
  if (source !== null) yield* readOthers(source, db)
}

function* readOthers(source: Connection, db: Connection): Generator<void> {
  for (const table of otherTables(db)) {
    const insert = rowInserter(db, table)
    for (const rows of readableRows(source, table)) {
      rows.forEach(insert)
      yield
    }
  }
}

/**
 * What was not taken over when the new file began, and needs no care of its own. Not the receipts: a message may have got another
 * number, and must not count as confirmed by the receipt of another one.
 */
const DONE: readonly string[] = ['outbox', 'meters', 'meter_keys', 'memory', 'sms_pdus', 'sink_cursors', 'sink_receipts']
const otherTables = (db: Connection): readonly string[] =>
  (db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'`).pluck().all() as string[]).filter(
    (name) => !DONE.includes(name),
  )

/** A message goes in unless it is there, in its own place or behind all others. */
const putter = (db: Connection) => {
  const insert = db.prepare<[OutboxRow | (Omit<OutboxRow, 'seq'> & { seq: null })]>(`
    INSERT INTO outbox (seq, kind, id, meter, day, precedence, body, checksum, stored_at)
    SELECT @seq, @kind, @id, @meter, @day, @precedence, @body, @checksum, @storedAt
    WHERE NOT EXISTS (
      SELECT 1 FROM outbox WHERE day IS @day AND meter IS @meter AND id = @id AND coalesce(precedence, 0) >= coalesce(@precedence, 0))`)
  const isTaken = db.prepare<[number], number>('SELECT 1 FROM outbox WHERE seq = ?').pluck()
  return (row: OutboxRow, settled: boolean): boolean =>
    insert.run(settled && isTaken.get(row.seq) === undefined ? row : { ...row, seq: null }).changes > 0
}

/** Whether every sink has had a message, or refused it for good. False wherever the file cannot tell. */
const settledIn = (source: Connection, sinks: readonly string[]): ((seq: number) => boolean) => {
  try {
    const cursors = sinks.map((sink) => source.prepare<[string], Row>('SELECT * FROM sink_cursors WHERE sink = ?').get(sink))
    const held = new Set(source.prepare<[], number>(`SELECT seq FROM outbox_exceptions WHERE state = 'held'`).pluck().all())
    if (sinks.length === 0 || cursors.includes(undefined)) return () => false
    const passed = (seq: number, { live_next: live, backlog_next: from, backlog_end: end }: Row): boolean =>
      seq < Number(live) && !(seq >= Number(from) && seq < Number(end))
    return (seq) => !held.has(seq) && cursors.every((cursor) => passed(seq, cursor!))
  } catch {
    return () => false
  }
}

/**
 * The outbox by number, in portions. A portion that cannot be read is passed over: what is still whole in it lies in the pages.
 */
function* readablePortions(source: Connection, first: number, last: number): Generator<readonly [rows: readonly OutboxRow[], to: number]> {
  for (let from = first; from <= last; ) {
    const rows = rowsIn(source, from, last)
    const near = Math.min(last, from + PORTION - 1)
    const to = rows === null ? near : rows.length < PORTION ? last : rows.at(-1)!.seq
    yield [rows ?? rowsIn(source, from, near) ?? [], to]
    from = to + 1
  }
}

const rowsIn = (source: Connection, from: number, to: number): readonly OutboxRow[] | null => {
  try {
    return source
      .prepare<unknown[], OutboxRow>(`SELECT ${OUTBOX_COLUMNS} FROM outbox WHERE seq BETWEEN ? AND ? ORDER BY seq LIMIT ${PORTION}`)
      .all(from, to)
  } catch {
    return null
  }
}
