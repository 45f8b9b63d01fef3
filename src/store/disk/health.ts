import type { Cancel, Clock } from '../../clock.ts'
import { createListeners } from '../listeners.ts'
import type { DiskState, StoreHealth } from './watch.ts'

/** What can be done about a disk or file that refuses. Each throws where it does not help. */
export interface Steps {
  /** Gives up the reserve, empties the WAL, and drops delivered messages where the file is at its limit. */
  makeRoom(): void
  /** Another connection to the same file, set up as every one is. */
  reopen(): void
  /** The file goes aside and a new one takes its place; what can be read of the old one follows in the background. */
  beginAnew(): void
  /** Another copy of a file whose name has gone or become another file's: the open connection still has all of it. */
  rescue(): void
  wait(): void
}

interface Recovery {
  readonly state: Exclude<DiskState, 'ok'>
  /** SQLite's or the system's codes, by how they begin. */
  readonly codes: readonly string[]
  readonly step: keyof Steps
  /** The first try comes at once, the second after this; then each wait is twice the last. */
  readonly firstMs: number
  readonly longestMs: number
}

/** Each way a disk fails: how it is told, what is done, and how often that is tried. None of it ends the process. */
const RECOVERIES: readonly Recovery[] = [
  { state: 'full', codes: ['SQLITE_FULL', 'ENOSPC', 'EDQUOT'], step: 'makeRoom', firstMs: 1_000, longestMs: 20_000 },
  {
    state: 'io-error',
    codes: ['SQLITE_IOERR', 'SQLITE_CANTOPEN', 'SQLITE_PROTOCOL', 'EIO'],
    step: 'reopen',
    firstMs: 1_000,
    longestMs: 60_000,
  },
  { state: 'read-only', codes: ['SQLITE_READONLY', 'EROFS', 'EACCES', 'EPERM'], step: 'reopen', firstMs: 1_000, longestMs: 60_000 },
  { state: 'corrupt', codes: ['SQLITE_CORRUPT'], step: 'beginAnew', firstMs: 1_000, longestMs: 60_000 },
  { state: 'not-a-database', codes: ['SQLITE_NOTADB'], step: 'beginAnew', firstMs: 1_000, longestMs: 60_000 },
  { state: 'moved', codes: ['ENOENT'], step: 'rescue', firstMs: 1_000, longestMs: 60_000 },
  { state: 'locked', codes: ['SQLITE_BUSY', 'SQLITE_LOCKED'], step: 'wait', firstMs: 1_000, longestMs: 20_000 },
]

/** How a failed write or read is to be taken; undefined where it is no trouble of the disk's. */
const recoveryOf = (error: unknown): Recovery | undefined => {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? RECOVERIES.find(({ codes }) => codes.some((begin) => code.startsWith(begin))) : undefined
}

/** Whether the file itself is damaged, so that opening it again cannot help. */
export const isDamage = (error: unknown): boolean => recoveryOf(error)?.step === 'beginAnew'

/** Whether the disk refuses in a way that may pass. */
export const isDiskTrouble = (error: unknown): boolean => recoveryOf(error) !== undefined

interface Health {
  /** Something failed: where it was the disk, the recovery begins, after the caller has had its error. */
  failed(error: Error): void
  state(): StoreHealth
  onChange(fn: (health: StoreHealth) => void): void
  stop(): void
}

/** Watches over one store. `proof` throws unless a write reaches the disk. */
export const createHealth = (clock: Clock, steps: Steps, proof: () => void): Health => {
  const changes = createListeners<StoreHealth>()
  let present: StoreHealth = { state: 'ok', since: clock.utcMs(), reason: null, tries: 0 }
  let recovery: Recovery | null = null
  let cancel: Cancel | null = null

  const become = (state: DiskState, reason: string | null): void => {
    const before = present.state
    present = { state, since: before === state ? present.since : clock.utcMs(), reason, tries: before === state ? present.tries : 0 }
    if (before !== state) changes.tell(present)
  }
  const again = (ms: number): void => {
    cancel?.()
    cancel = clock.after(ms, attempt)
  }
  const attempt = (): void => {
    cancel = null
    const tried = recovery
    if (tried === null) return
    try {
      steps[tried.step]()
      proof()
      recovery = null
      become('ok', null)
    } catch (error) {
      const next = recoveryOf(error) ?? tried
      recovery = next
      become(next.state, (error as Error).message)
      again(Math.min(next.longestMs, next.firstMs * 2 ** present.tries))
      present = { ...present, tries: present.tries + 1 }
    }
  }
  return {
    failed(error) {
      const found = recoveryOf(error)
      // While one trouble is being treated others are its consequences, except that the file turns out to be damaged.
      if (found === undefined || (recovery !== null && (found.step !== 'beginAnew' || recovery.step === 'beginAnew'))) return
      recovery = found
      become(found.state, error.message)
      again(0)
    },
    state: () => present,
    onChange: changes.add,
    stop() {
      cancel?.()
      cancel = null
    },
  }
}
