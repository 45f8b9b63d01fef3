import type { Clock } from '../clock.ts'
import { mendMeters } from './damage/mend-meters.ts'
import { keepMetersCopy } from './damage/meters-copy.ts'
import { connect, connectAnyhow, isStandIn } from './disk/connect.ts'
import { closeDatabase, openReadOnlyDatabase } from './disk/database.ts'
import { createHandle } from './disk/handle.ts'
import { startUpkeep, type Upkeep } from './disk/upkeep.ts'
import { createMemory } from './memory.ts'
import { createAudit } from './meters/audit.ts'
import { createForget } from './meters/forget.ts'
import { createMeters } from './meters/meters.ts'
import { createDays } from './outbox/days.ts'
import { createOutbox } from './outbox/outbox.ts'
import { createRetention } from './retention/retention.ts'
import { createSeries } from './series.ts'
import { createSmsMessages } from './sms-messages.ts'
import type { Meters, Store } from './store.ts'
import { createTelegrams } from './telegrams.ts'

interface StoreOptions {
  readonly directory: string
  /** Opens and seals the meter keys; null where none is needed or to be had. */
  readonly kek: Uint8Array | null
  readonly clock: Clock
  /** For commands that only look, also beside a running daemon. Whoever writes holds the lock of the directory (`acquireLock`). */
  readonly readonly?: boolean
  /** Opens whatever the disk does: a damaged file goes aside, and where nothing can be written what comes waits in RAM. */
  readonly unattended?: boolean
  /** What the file may grow to. */
  readonly maxBytes?: number
}

/** Opens the state directory, creating it if need be. Throws an error that says what to try. */
export const openStore = (options: StoreOptions): Store => {
  const { directory, kek, clock } = options
  const opened = open(options)
  const handle = createHandle(opened.connection)
  let mended = 0
  let closed = false
  let upkeep: Upkeep | undefined
  try {
    if (kek !== null && !isStandIn(opened.connection)) mended = mendMeters(directory, opened.connection, kek)
    const { outbox, stop } = createOutbox(handle, clock)
    const audit = createAudit(handle, clock)
    const meters = createMeters(handle, kek, clock, audit)
    const place = { directory, maxBytes: options.maxBytes }
    const forget = createForget(handle, audit)
    return {
      meters: withCopy(meters, () => upkeep?.metersChanged()),
      outbox,
      days: createDays(handle),
      memory: createMemory(handle),
      telegrams: createTelegrams(handle),
      series: createSeries(handle),
      audit,
      sms: createSmsMessages(handle),
      retention: createRetention(handle, directory),
      forget(meter) {
        if (!outbox.flush()) throw new Error('the disk refuses just now, and nothing was removed: try again once it stores')
        if (meters.get(meter) === undefined) return null
        const rows = forget(meter)
        meters.reload()
        upkeep?.metersChanged()
        return rows
      },
      tend(watch) {
        upkeep = startUpkeep({ ...place, clock, handle, outbox, opened, mended, replaced: meters.reload }, watch)
      },
      health: () => upkeep?.health() ?? { state: 'ok', since: null, reason: null, tries: 0, salvage: null },
      close() {
        if (closed) return
        closed = true
        upkeep?.stop()
        outbox.flush()
        stop()
        if (!isStandIn(handle.connection())) closeCleanly(directory, handle.connection())
        else handle.connection().close()
      },
    }
  } catch (error) {
    closeDatabase(handle.connection())
    throw error
  }
}

const open = ({ directory, clock, maxBytes, readonly = false, unattended = false }: StoreOptions) => {
  const place = { directory, maxBytes }
  if (unattended) return connectAnyhow(place, clock.utcMs)
  if (!readonly) return { ...connect(place), trouble: null }
  return { connection: openReadOnlyDatabase(directory), begun: { files: [], meters: 0 }, trouble: null }
}

/** The copy of the meters follows each change. */
const withCopy = (meters: Meters, changed: () => void): Meters => ({
  ...meters,
  put(entries) {
    meters.put(entries)
    changed()
  },
  remove(meter) {
    const removed = meters.remove(meter)
    if (removed) changed()
    return removed
  },
  promote(meter) {
    const promoted = meters.promote(meter)
    if (promoted) changed()
    return promoted
  },
})

const closeCleanly = (directory: string, connection: Parameters<typeof closeDatabase>[0]): void => {
  try {
    keepMetersCopy(directory, connection)
  } catch {
    // The daemon writes it at its next start.
  }
  closeDatabase(connection)
}
