import { purgeSalvaged } from '../damage/aside.ts'
import { emptyWal, giveBack } from '../disk/compact.ts'
import type { Handle } from '../disk/handle.ts'
import { createStanding, type Standing, type Ways } from '../outbox/standing.ts'
import { advanced, createPurgeDate, LEAST_MS } from './purge-date.ts'

/** Rows looked at in one transaction: the daemon goes on with its work between two. */
const SLICE_ROWS = 500

/** Milliseconds. */
export interface Keep {
  /** After the far side of every sink with receipts said that it has the reading. */
  readonly confirmed: number
  /** After it was stored, whatever became of it. */
  readonly unconfirmed: number
  readonly telegrams: number
  /** The words of a message by SMS. */
  readonly sms: number
  readonly salvaged: number
  /** The hourly series; left out: nothing of it stays, as nobody says what for. */
  readonly series?: number
}

export interface PurgeRule extends Ways {
  readonly keep: Keep
}

/**
 * What goes, by kind. Readings: `confirmed`; `accepted` by every sink where no receipt is known; `lost`, some sink or billing never
 * had it. `messages`: events and messages of a day. `sms`: words of messages. `series`: hourly values. `salvaged`: files.
 */
export const PURGED = ['confirmed', 'accepted', 'lost', 'messages', 'telegrams', 'sms', 'series', 'salvaged'] as const
export type PurgedKind = (typeof PURGED)[number]

/** Where a purge is: at a number of the outbox, then at what comes after it. */
export type PurgePlace = number | 'telegrams' | 'sms' | 'series' | 'files' | 'compact'

export interface PurgeStep {
  readonly removed: Partial<Readonly<Record<PurgedKind, number>>>
  /** Given back to the disk. */
  readonly bytes: number
  /** Somebody reads the file: what was removed still stands in its WAL, until the next purge or stop. */
  readonly walBusy: boolean
  /** Where to go on; null once all was looked at. */
  readonly next: PurgePlace | null
}

export interface Retention {
  /** The date that ages are counted to (`advanced`); null before anything was stored. */
  date(): number | null
  /** Lets it advance; returns it. `ranMs`: so long the daemon ran since the last time. */
  advance(ranMs: number, utcMs: number): number | null
  /** One transaction of a purge; with `dryRun` it only counts. Repeating a step is harmless. */
  step(place: PurgePlace, date: number, rule: PurgeRule, dryRun: boolean): PurgeStep
  /** Readings lost to retention since the store was made, and how many of them were not told of yet. */
  lost(): { readonly ever: number; readonly untold: number }
  /** So many in all were told of. */
  lostTold(ever: number): void
}

interface Row {
  readonly seq: number
  readonly isReading: 0 | 1
  readonly storedAt: number | null
}

/** Why a message goes now, or null: it stays. */
const verdict = ({ isReading, storedAt }: Row, standing: () => Standing, date: number, keep: Keep): PurgedKind | null => {
  const shortest = Math.max(LEAST_MS, Math.min(keep.confirmed, keep.unconfirmed))
  if (storedAt === null || storedAt >= date - shortest) return null
  const { state, since } = standing()
  // A receipt that came while the time was not known counts from when the message was stored.
  if (state === 'confirmed') return Math.max(since!, storedAt) < date - Math.max(keep.confirmed, LEAST_MS) ? 'confirmed' : null
  if (storedAt >= date - Math.max(keep.unconfirmed, keep.confirmed, LEAST_MS)) return null
  if (isReading === 0) return 'messages'
  return state === 'wanted' ? 'lost' : 'accepted'
}

const NOTHING = { removed: {}, bytes: 0, walBusy: false } as const

/** Removes what is over its time. A message takes its exceptions and receipts with it. */
export const createRetention = (handle: Handle, directory: string): Retention => {
  const memory = createPurgeDate(handle)
  const rows = createRows(handle, memory)
  const telegrams = createTelegramRows(handle)
  const sms = createSmsRows(handle)
  const series = createSeriesRows(handle)
  const compact = (): PurgeStep => {
    const connection = handle.connection()
    const bytes = giveBack(connection)
    if (bytes > 0) return { ...NOTHING, bytes, next: 'compact' }
    return { ...NOTHING, walBusy: !emptyWal(connection), next: null }
  }
  return {
    date: memory.date,
    advance(ranMs, utcMs) {
      const before = memory.date()
      if (before === null) return null
      memory.put('date', advanced(before, ranMs, utcMs))
      return memory.date()
    },
    step(place, date, rule, dryRun) {
      if (typeof place === 'number') return rows(place, date, rule, dryRun)
      if (place === 'telegrams') return telegrams(date - rule.keep.telegrams, dryRun)
      if (place === 'sms') return sms(date - rule.keep.sms, date - SMS_KNOWN_MS, dryRun)
      if (place === 'series') return series(date - (rule.keep.series ?? 0), dryRun)
      if (place === 'compact') return dryRun ? { ...NOTHING, next: null } : compact()
      return { ...NOTHING, removed: { salvaged: purgeSalvaged(directory, date - rule.keep.salvaged, dryRun) }, next: 'compact' }
    },
    lost() {
      const ever = memory.numberAt('lost') ?? 0
      return { ever, untold: Math.max(0, ever - (memory.numberAt('told') ?? 0)) }
    },
    lostTold: (ever) => memory.put('told', ever),
  }
}

const createRows = (handle: Handle, memory: ReturnType<typeof createPurgeDate>) => {
  // A row stored while the time was not known is older than the next one that has a time.
  const select = handle.prepare<[{ from: number }], Row>(`
    SELECT seq, kind = 'reading.daily' AS isReading,
      coalesce(stored_at, (SELECT n.stored_at FROM outbox AS n WHERE n.seq > o.seq AND n.stored_at IS NOT NULL ORDER BY n.seq LIMIT 1)) AS storedAt
    FROM outbox AS o WHERE seq >= @from ORDER BY seq LIMIT ${SLICE_ROWS}`)
  const remove = handle.prepare<[seq: number]>('DELETE FROM outbox WHERE seq = ?')
  return handle.transaction((from: number, date: number, rule: PurgeRule, dryRun: boolean): PurgeStep => {
    const found = select.all({ from })
    const standingOf = createStanding(handle, rule)
    const removed: Partial<Record<PurgedKind, number>> = {}
    for (const row of found) {
      const kind = verdict(row, () => standingOf(row.seq), date, rule.keep)
      if (kind === null) continue
      removed[kind] = (removed[kind] ?? 0) + 1
      if (!dryRun) remove.run(row.seq)
    }
    if (removed.lost && !dryRun) memory.put('lost', (memory.numberAt('lost') ?? 0) + removed.lost)
    return { ...NOTHING, removed, next: found.length < SLICE_ROWS ? 'telegrams' : found.at(-1)!.seq + 1 }
  })
}

const createTelegramRows = (handle: Handle) => {
  const count = handle.prepare<[before: number], number>('SELECT count(*) FROM telegrams WHERE heard_at < ?').pluck()
  const remove = handle.prepare<[before: number]>(`
    DELETE FROM telegrams WHERE (day, meter) IN (SELECT day, meter FROM telegrams WHERE heard_at < ? LIMIT ${SLICE_ROWS})`)
  return (before: number, dryRun: boolean): PurgeStep => {
    const telegrams = dryRun ? count.get(before)! : remove.run(before).changes
    return { ...NOTHING, removed: { telegrams }, next: dryRun || telegrams < SLICE_ROWS ? 'sms' : 'telegrams' }
  }
}

const HOUR_MS = 3_600_000

const createSeriesRows = (handle: Handle) => {
  const count = handle.prepare<[beforeHour: number], number>('SELECT count(*) FROM series WHERE hour < ?').pluck()
  const remove = handle.prepare<[beforeHour: number]>(`
    DELETE FROM series WHERE (hour, meter) IN (SELECT hour, meter FROM series WHERE hour < ? LIMIT ${SLICE_ROWS})`)
  return (before: number, dryRun: boolean): PurgeStep => {
    const hour = Math.floor(before / HOUR_MS)
    const series = dryRun ? count.get(hour)! : remove.run(hour).changes
    return { ...NOTHING, removed: { series }, next: dryRun || series < SLICE_ROWS ? 'files' : 'series' }
  }
}

/** The hash of a message, by which it is known should it come again, outlives its words. */
const SMS_KNOWN_MS = 90 * 86_400_000

const createSmsRows = (handle: Handle) => {
  const count = handle.prepare<[before: number], number>(`SELECT count(*) FROM sms_pdus WHERE ${HAS_WORDS}`).pluck()
  const empty = handle.prepare<[before: number]>(
    `UPDATE sms_pdus SET pdu = '' WHERE seq IN (SELECT seq FROM sms_pdus WHERE ${HAS_WORDS} LIMIT ${SLICE_ROWS})`,
  )
  const forget = handle.prepare<[before: number]>(
    `DELETE FROM sms_pdus WHERE seq IN (SELECT seq FROM sms_pdus WHERE ${SETTLED} LIMIT ${SLICE_ROWS})`,
  )
  return handle.transaction((wordsBefore: number, knownBefore: number, dryRun: boolean): PurgeStep => {
    const sms = dryRun ? count.get(wordsBefore)! : empty.run(wordsBefore).changes
    const forgotten = dryRun ? 0 : forget.run(knownBefore).changes
    return { ...NOTHING, removed: { sms }, next: dryRun || Math.max(sms, forgotten) < SLICE_ROWS ? 'series' : 'sms' }
  })
}
const SETTLED = "state <> 'waiting' AND received_at < ?"
const HAS_WORDS = `${SETTLED} AND pdu <> ''`
