import { statSync } from 'node:fs'
import type { Cancel, Clock } from '../../clock.ts'
import { filesAside, putAside } from '../damage/aside.ts'
import { keepMetersCopy, lastGiven } from '../damage/meters-copy.ts'
import { rescueMoved } from '../damage/rescue.ts'
import { createSalvage } from '../damage/salvage.ts'
import type { Outbox } from '../outbox/messages.ts'
import type { Store } from '../store.ts'
import { giveBack } from './compact.ts'
import { type Connected, connectHealing, isStandIn, standIn } from './connect.ts'
import { databasePath } from './database.ts'
import type { Handle } from './handle.ts'
import { createHealth, type Steps } from './health.ts'
import { createLimit } from './limit.ts'
import { createReserve } from './reserve.ts'
import { startWalk } from './scrub.ts'
import type { StoreWatch } from './watch.ts'

/** What no write meets (a file moved away) is told within a minute, with time to spare. */
const LOOK_MS = 30_000

interface UpkeepParts {
  readonly directory: string
  readonly maxBytes: number | undefined
  readonly clock: Clock
  readonly handle: Handle
  readonly outbox: Pick<Outbox, 'flush' | 'queue' | 'onTrouble'>
  /** How the store was opened, and what stood in the way. */
  readonly opened: Connected & { readonly trouble: Error | null }
  /** Meters that were taken from their second copy, because their keys had been damaged. */
  readonly mended: number
  /** Another file stands behind the handle. */
  replaced(): void
}

export interface Upkeep extends Pick<Store, 'health'> {
  /** The meters or keys have changed. */
  metersChanged(): void
  stop(): void
}

/** Looks after the file of a store: recovery, salvage, the copy of the meters, the reserve, free pages. */
export const startUpkeep = (parts: UpkeepParts, watch: StoreWatch): Upkeep => {
  const { directory, clock, handle, outbox } = parts
  const reserve = createReserve(directory)
  const salvage = createSalvage({
    directory,
    clock,
    connection: handle.connection,
    sinks: watch.sinks,
    done: (state) => watch.tell('store.salvaged', { ...state }),
  })
  let inode = inodeOf(directory)
  const took = ({ begun }: Connected): void => {
    inode = inodeOf(directory)
    for (const file of begun.files) watch.tell('store.damaged', { file, meters: begun.meters })
    if (!isStandIn(handle.connection()) && filesAside(directory).length > 0) salvage.start()
  }
  const health = createHealth(clock, stepsOf(parts, watch, reserve.release, took), proofOf(parts, reserve.keep))
  handle.onFailure(health.failed)
  health.onChange(({ state, reason }) => {
    if (state === 'ok') watch.tell('store.recovered', { dropped: outbox.queue().dropped })
    else watch.tell('store.trouble', { state, reason })
  })
  const guarded = (act: () => void): void => {
    try {
      if (health.state().state === 'ok') act()
    } catch (error) {
      health.failed(error as Error)
    }
  }
  let copyDueAt = 0
  const keepCopy = (): void =>
    guarded(() => {
      if (lastGiven(handle.connection()) < copyDueAt) return
      copyDueAt = keepMetersCopy(directory, handle.connection())
    })
  const look = (): void => {
    guarded(() => {
      if (inodeOf(directory) !== inode) throw Object.assign(new Error('the database file was moved or removed'), { code: 'ENOENT' })
    })
    keepCopy()
    guarded(() => void (outbox.queue().waiting === 0 && giveBack(handle.connection())))
    if (health.state().state !== 'full') reserve.keep()
  }
  const cancel: Cancel = clock.every(LOOK_MS, look)
  took(parts.opened)
  if (parts.mended > 0) watch.tell('store.mended', { meters: parts.mended })
  if (parts.opened.trouble) health.failed(parts.opened.trouble)
  look()
  let stopWalk: Cancel = () => {}
  guarded(() => (stopWalk = startWalk(handle, clock, handle.connection())))
  return {
    health: () => ({ ...health.state(), salvage: salvage.state() }),
    metersChanged() {
      copyDueAt = 0
      keepCopy()
    },
    stop() {
      cancel()
      stopWalk()
      health.stop()
      salvage.stop()
    },
  }
}

const stepsOf = (parts: UpkeepParts, watch: StoreWatch, release: () => boolean, took: (connected: Connected) => void): Steps => {
  const { directory, clock, handle, replaced } = parts
  const now = clock.utcMs
  const dropSpare = createLimit(watch)
  /** The old connection is closed first: SQLite shares what it knows of a file among all connections of a process. */
  const renew = (meanwhile: () => void): void => {
    handle.connection().close()
    try {
      meanwhile()
      const connected = connectHealing(parts, now)
      handle.replace(connected.connection)
      replaced()
      took(connected)
    } catch (error) {
      if (!handle.connection().open) handle.replace(standIn(directory).connection)
      throw error
    }
  }
  const reopen = (): void => renew(() => {})
  return {
    reopen,
    makeRoom() {
      release()
      if (isStandIn(handle.connection())) return reopen()
      handle.connection().pragma('wal_checkpoint(TRUNCATE)')
      const dropped = dropSpare(handle.connection())
      if (dropped > 0) watch.tell('store.made-room', { dropped })
    },
    beginAnew() {
      const aside = !isStandIn(handle.connection())
      renew(() => void (aside && putAside(directory, now())))
    },
    rescue: () => (isStandIn(handle.connection()) ? reopen() : rescueMoved(directory, handle.connection(), () => reopen())),
    wait() {},
  }
}

/**
 * A write that reaches the disk, and then what waits: only that the drafts are stored shows that all is well, and that there
 * is room for a reserve again. Without it the next full disk would be a deadlock.
 */
const proofOf = ({ handle, outbox }: UpkeepParts, keepReserve: () => boolean): (() => void) => {
  let last: Error | undefined
  outbox.onTrouble(({ code, message }) => {
    last = Object.assign(new Error(message), { code })
  })
  return () => {
    const connection = handle.connection()
    connection.pragma(`user_version = ${connection.pragma('user_version', { simple: true })}`)
    if (!outbox.flush()) throw last
    if (!keepReserve()) throw Object.assign(new Error('almost full: what comes is stored on the last bytes'), { code: 'ENOSPC' })
  }
}

/** Null where there is no such file. */
const inodeOf = (directory: string): bigint | null =>
  statSync(databasePath(directory), { bigint: true, throwIfNoEntry: false })?.ino ?? null
