import type { Statement } from 'better-sqlite3'
import { createListeners } from '../listeners.ts'
import type { Connection, Database } from './database.ts'

/**
 * The database as the rooms of the store see it: the same for as long as the process lives, while the connection behind it
 * may be replaced. Statements and transactions are made anew on the next one, at their next use.
 */
export interface Handle extends Database {
  connection(): Connection
  /** The next connection; the caller closes the last one. */
  replace(next: Connection): void
  /** Called with everything that a statement or transaction throws, which goes on to its caller as well. */
  onFailure(fn: (error: Error) => void): void
}

export const createHandle = (first: Connection): Handle => {
  const failures = createListeners<Error>()
  let connection = first

  const watched = <T>(act: () => T): T => {
    try {
      return act()
    } catch (error) {
      failures.tell(error as Error)
      throw error
    }
  }
  /** What `make` makes of the present connection, made once for each. */
  const ofPresent = <T>(make: (connection: Connection) => T): (() => T) => {
    let of = connection
    let made = watched(() => make(of))
    return () => {
      if (of === connection) return made
      made = make(connection)
      of = connection
      return made
    }
  }
  const prepare = (sql: string) => {
    let plucked = false
    const present = ofPresent((of): Statement<unknown[]> => (plucked ? of.prepare<unknown[]>(sql).pluck() : of.prepare<unknown[]>(sql)))
    const statement = {
      run: (...values: unknown[]) => watched(() => present().run(...values)),
      get: (...values: unknown[]) => watched(() => present().get(...values)),
      all: (...values: unknown[]) => watched(() => present().all(...values)),
      *iterate(...values: unknown[]) {
        const rows = watched(() => present().iterate(...values))
        for (let row = watched(() => rows.next()); !row.done; row = watched(() => rows.next())) yield row.value
      },
      pluck() {
        plucked = true
        present().pluck()
        return statement
      },
    }
    return statement
  }
  const transaction = (act: (...values: unknown[]) => unknown) => {
    const present = ofPresent((connection) => connection.transaction(act))
    return (...values: unknown[]) => watched(() => present()(...values))
  }
  return {
    connection: () => connection,
    replace(next) {
      connection = next
    },
    onFailure: failures.add,
    prepare: prepare as unknown as Database['prepare'],
    transaction: transaction as unknown as Database['transaction'],
  }
}
