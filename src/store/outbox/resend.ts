import type { Database } from '../disk/database.ts'
import type { Exceptions } from './exceptions.ts'
import type { ResendQuery } from './messages.ts'

/** The readings that stand, and the newest message of each day where all meters are meant. */
const SPAN = `
  SELECT seq FROM (
    SELECT seq, row_number() OVER (PARTITION BY day, kind, meter ORDER BY precedence DESC, id DESC, seq DESC) AS place
    FROM outbox
    WHERE day BETWEEN @from AND @to AND kind IN ('reading.daily', 'day') AND (@meter IS NULL OR meter = @meter))
  WHERE place = 1 ORDER BY seq`

interface ResendParts {
  readonly exceptions: Exceptions
  readonly passed: (sink: string) => (seq: number) => boolean
  readonly unconfirmed: (sink: string, utcMs: number, limit: number) => readonly number[]
}

/** What is sent again becomes an exception that is due: once each, behind whatever a lane still has before it. */
export const createResend = (db: Database, { exceptions, passed, unconfirmed }: ResendParts) => {
  const select = db.prepare<[Omit<ResendQuery, 'sinks' | 'meter'> & { meter: string | null }], number>(SPAN).pluck()
  return {
    span: db.transaction(({ from, to, meter, sinks }: ResendQuery, utcMs: number): number => {
      const rows = select.all({ from, to, meter: meter ?? null })
      let count = 0
      for (const sink of sinks) {
        const again = rows.filter(passed(sink))
        exceptions.requeue(sink, again, 'sent again by request', utcMs)
        count += again.length
      }
      return count
    }),
    unconfirmed: db.transaction((sink: string, utcMs: number, limit: number): number => {
      const rows = unconfirmed(sink, utcMs, limit)
      exceptions.requeue(sink, rows, 'not confirmed yet', utcMs)
      return rows.length
    }),
  }
}
