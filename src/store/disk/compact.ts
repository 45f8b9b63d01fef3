import type { Connection } from './database.ts'

/** Free pages that stay in the file to be used again; more of them are given back, so many at a time. */
const KEPT_PAGES = 400
const GIVEN_BACK = 200

export const pragmaNumber = (db: Connection, pragma: string): number => db.pragma(pragma, { simple: true }) as number

/** Gives a few free pages at the end of the file back to the disk, where there are many. Returns how many bytes. */
export const giveBack = (db: Connection): number => {
  const before = pragmaNumber(db, 'page_count')
  if (pragmaNumber(db, 'freelist_count') > KEPT_PAGES) db.pragma(`incremental_vacuum(${GIVEN_BACK})`)
  return (before - pragmaNumber(db, 'page_count')) * pragmaNumber(db, 'page_size')
}

/** Moves the WAL into the file and empties it, unless somebody reads just now: it does not wait for them. */
export const emptyWal = (db: Connection): boolean => {
  const patience = pragmaNumber(db, 'busy_timeout')
  db.pragma('busy_timeout = 0')
  try {
    const [result] = db.pragma('wal_checkpoint(TRUNCATE)') as [{ busy: number }]
    return result.busy === 0
  } finally {
    db.pragma(`busy_timeout = ${patience}`)
  }
}
