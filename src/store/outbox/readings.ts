import type { Database } from '../disk/database.ts'
import type { ReadingsQuery, StoredMessage } from './messages.ts'
import { isIntact, OUTBOX_COLUMNS, type OutboxRow, toMessage } from './row.ts'

interface Parameters {
  readonly meter: string | null
  readonly from: string
  readonly to: string
  readonly limit: number
}

/** Both walk the index by day: it begins with the day, so one meter is found by asking every day for it. */
const ALL_METERS = `
  SELECT ${OUTBOX_COLUMNS} FROM outbox WHERE kind = 'reading.daily' AND day BETWEEN @from AND @to`
const ONE_METER = `
  WITH RECURSIVE days (date) AS (
    SELECT max(day) FROM outbox WHERE day <= @to
    UNION ALL
    SELECT (SELECT max(day) FROM outbox WHERE day < date) FROM days WHERE date > @from
  )
  SELECT ${OUTBOX_COLUMNS} FROM days CROSS JOIN outbox ON day = date
  WHERE kind = 'reading.daily' AND meter = @meter AND day >= @from`
const ORDER = 'ORDER BY day DESC, meter, precedence DESC, seq DESC LIMIT @limit'

export const createReadings = (db: Database): ((query: ReadingsQuery) => readonly StoredMessage[]) => {
  const allMeters = db.prepare<[Parameters], OutboxRow>(`${ALL_METERS} ${ORDER}`)
  const oneMeter = db.prepare<[Parameters], OutboxRow>(`${ONE_METER} ${ORDER}`)
  return ({ meter, day, from = day ?? '', to = day ?? '9999-12-31', limit = -1 }) =>
    (meter === undefined ? allMeters : oneMeter)
      .all({ meter: meter ?? null, from, to, limit })
      .filter(isIntact)
      .map(toMessage)
}
