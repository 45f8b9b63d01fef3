import type { Cancel, Clock } from '../clock.ts'
import { createListeners } from './listeners.ts'
import type { Draft, Outbox, Queue, StoredMessage, StoreTrouble } from './store.ts'

/** A commit costs the disk about 20 kB and its flushes, whatever is in it: so many rows, or so long a wait, share one. */
const BATCH_ROWS = 100
const LONGEST_WAIT_MS = 10_000
/** So many drafts wait in RAM while the disk refuses; then the oldest give way. */
const MOST_WAITING = 10_000

/** The writing half of the outbox. */
export interface Committer extends Pick<Outbox, 'add' | 'flush' | 'onStored' | 'onTrouble' | 'queue'> {
  /** No more commits by the clock. */
  stop(): void
}

/**
 * The group commit: drafts wait in RAM until there are enough of them or the first has waited long enough. `commit` stores
 * drafts in one transaction and returns those that were new; what it throws is reported, and tried again after the same wait.
 */
export const createCommitter = (clock: Clock, commit: (drafts: readonly Draft[]) => readonly StoredMessage[]): Committer => {
  const waiting: Draft[] = []
  const stored = createListeners<readonly StoredMessage[]>()
  const trouble = createListeners<StoreTrouble>()
  let dropped = 0
  let refused = false
  let cancel: Cancel | null = null

  const queue = (): Queue => ({ waiting: waiting.length, dropped })
  const stop = (): void => {
    cancel?.()
    cancel = null
  }
  const schedule = (): void => {
    cancel ??= clock.after(LONGEST_WAIT_MS, flush)
  }
  const report = (error: Error & { readonly code?: string }): void => {
    trouble.tell({ code: error.code ?? 'internal', message: error.message, ...queue() })
  }
  const flush = (): boolean => {
    stop()
    while (waiting.length > 0) {
      const batch = waiting.slice(0, BATCH_ROWS)
      let messages: readonly StoredMessage[]
      try {
        messages = commit(batch)
      } catch (error) {
        refused = true
        schedule()
        report(error as Error)
        return false
      }
      refused = false
      waiting.splice(0, batch.length)
      if (messages.length > 0) stored.tell(messages)
    }
    return true
  }
  const add = (draft: Draft): void => {
    if (waiting.length === MOST_WAITING) {
      waiting.shift()
      dropped++
    }
    waiting.push(draft)
    if (waiting.length >= BATCH_ROWS && !refused) flush()
    else schedule()
  }
  return { add, flush, queue, stop, onStored: stored.add, onTrouble: trouble.add }
}
