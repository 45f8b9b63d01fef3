import type { Clock } from '../clock.ts'
import { closeDatabase, openDatabase, openReadOnlyDatabase } from './database.ts'
import { createMemory } from './memory.ts'
import { createMeters } from './meters.ts'
import { createOutbox } from './outbox.ts'
import type { Store } from './store.ts'
import { createTelegrams } from './telegrams.ts'

interface StoreOptions {
  readonly directory: string
  /** Opens and seals the meter keys; null where none is needed or to be had. */
  readonly kek: Uint8Array | null
  readonly clock: Clock
  /** For commands that only look, also beside a running daemon. Whoever writes holds the lock of the directory (`acquireLock`). */
  readonly readonly?: boolean
}

/** Opens the state directory, creating it if need be. Throws an error that says what to try. */
export const openStore = ({ directory, kek, clock, readonly = false }: StoreOptions): Store => {
  const db = readonly ? openReadOnlyDatabase(directory) : openDatabase(directory)
  try {
    const { outbox, stop } = createOutbox(db, clock)
    return {
      meters: createMeters(db, kek, clock),
      outbox,
      memory: createMemory(db),
      telegrams: createTelegrams(db),
      close() {
        if (!db.open) return
        outbox.flush()
        stop()
        closeDatabase(db)
      },
    }
  } catch (error) {
    closeDatabase(db)
    throw error
  }
}
