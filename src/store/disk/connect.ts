import { finishPutAside, putAside } from '../damage/aside.ts'
import { type Begun, beginFrom } from '../damage/begin-anew.ts'
import { readMetersCopy, restoreMeters } from '../damage/meters-copy.ts'
import { type Connection, emptyDatabase, openDatabase, openReadOnlyDatabase } from './database.ts'
import { isDamage, isDiskTrouble } from './health.ts'
import { createReserve } from './reserve.ts'
import { checkStructure } from './scrub.ts'

export interface Connected {
  readonly connection: Connection
  readonly begun: Begun
}

interface Place {
  readonly directory: string
  readonly maxBytes: number | undefined
}

const NOTHING: Begun = { files: [], meters: 0 }

/** Opens the file for writing with all that belongs to it, once its structure is checked. Throws with a code that says what is wrong. */
export const connect = ({ directory, maxBytes }: Place): Connected => {
  finishPutAside(directory)
  const connection = openDatabase(directory, maxBytes)
  try {
    checkStructure(connection)
    return { connection, begun: beginFrom(directory, connection) }
  } catch (error) {
    connection.close()
    throw error
  }
}

/** The same; a file that turns out to be damaged is put aside, and a new one takes its place. */
export const connectHealing = (place: Place, now: () => number | null): Connected => {
  try {
    return connect(place)
  } catch (error) {
    if (!isDamage(error)) throw error
    putAside(place.directory, now())
    return connect(place)
  }
}

/** The same, whatever the disk does: where it refuses, the trouble comes with a connection that takes no writes. */
export const connectAnyhow = (place: Place, now: () => number | null): Connected & { readonly trouble: Error | null } => {
  const attempt = () => ({ ...connectHealing(place, now), trouble: null })
  try {
    return attempt()
  } catch (error) {
    if (!isDiskTrouble(error)) throw error
    try {
      // On a full disk not even the shared memory of the WAL can be made.
      if (createReserve(place.directory).release()) return attempt()
    } catch {}
    return { ...standIn(place.directory), trouble: error as Error }
  }
}

/** While the file cannot be written: to read from as far as possible, so that telegrams are still opened. Refuses writes. */
export const standIn = (directory: string): Connected => {
  try {
    const connection = openReadOnlyDatabase(directory)
    connection.prepare('SELECT count(*) FROM meters').get()
    return { connection, begun: NOTHING }
  } catch {
    const connection = emptyDatabase()
    const copy = readMetersCopy(directory)
    if (copy !== null) restoreMeters(connection, copy)
    connection.pragma('query_only = ON')
    return { connection, begun: NOTHING }
  }
}

export const isStandIn = (connection: Connection): boolean => connection.memory || connection.readonly
