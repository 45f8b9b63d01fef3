import type { Database } from './disk/database.ts'
import type { EventsQuery, StoredMessage } from './outbox/messages.ts'
import { isIntact, OUTBOX_COLUMNS, type OutboxRow, toMessage } from './outbox/row.ts'

interface Parameters {
  readonly meter: string | null
  readonly after: number
  readonly since: number
  readonly limit: number
}

/** Events have no day, so that the index by day finds them. */
const SELECT = `
  SELECT ${OUTBOX_COLUMNS} FROM outbox
  WHERE day IS NULL AND kind = 'event' AND seq > @after AND (@meter IS NULL OR meter = @meter) AND coalesce(stored_at, @since) >= @since
  ORDER BY seq DESC LIMIT @limit`

/** The newest, in the order they were told. */
export const createEvents = (db: Database): ((query: EventsQuery) => readonly StoredMessage[]) => {
  const select = db.prepare<[Parameters], OutboxRow>(SELECT)
  return ({ meter = null, after = 0, since = 0, limit = -1 }) =>
    select.all({ meter, after, since, limit }).filter(isIntact).map(toMessage).toReversed()
}
