import type { Cancel, Clock } from '../../clock.ts'
import { createListeners } from '../listeners.ts'
import type { Draft, Outbox, Queue, StoredMessage, StoreTrouble } from './messages.ts'

/** A commit costs the disk about 20 kB and its flushes, whatever is in it: so many rows, or so long a wait, share one. */
const BATCH_ROWS = 100
const LONGEST_WAIT_MS = 10_000
/** So many drafts wait in RAM while the disk refuses; then the oldest give way. */
const MOST_WAITING = 10_000

/** The writing half of the outbox. */
interface Committer extends Pick<Outbox, 'add' | 'flush' | 'onStored' | 'onTrouble' | 'queue'> {
  /** No more commits by the clock. */
  stop(): void
}

/**
 * The group commit: drafts wait in RAM until there are enough of them or the first has waited long enough. `commit` stores
 * drafts in one transaction and returns those that were new; what it throws is reported, and tried again after the same wait.
 */
export const createCommitter = (clock: Clock, commit: (drafts: readonly Draft[]) => readonly StoredMessage[]): Committer => {
  const drafts = createDrafts()
  const stored = createListeners<readonly StoredMessage[]>()
  const trouble = createListeners<StoreTrouble>()
  let refused = false
  let cancel: Cancel | null = null

  const stop = (): void => {
    cancel?.()
    cancel = null
  }
  const schedule = (): void => {
    cancel ??= clock.after(LONGEST_WAIT_MS, flush)
  }
  const flush = (): boolean => {
    stop()
    refused = false
    while (!refused && drafts.queue().waiting > 0) commitBatch()
    return !refused
  }
  const commitBatch = (): void => {
    const batch = drafts.oldest(BATCH_ROWS)
    let messages: readonly StoredMessage[]
    try {
      messages = commit(batch)
    } catch (error) {
      refused = true
      schedule()
      trouble.tell({ ...describe(error as Error), ...drafts.queue() })
      return
    }
    drafts.forget(batch.length)
    if (messages.length > 0) stored.tell(messages)
  }
  const add = (draft: Draft): void => {
    drafts.add(draft)
    if (drafts.queue().waiting >= BATCH_ROWS && !refused) flush()
    else schedule()
  }
  return { add, flush, stop, queue: drafts.queue, onStored: stored.add, onTrouble: trouble.add }
}

/** The drafts in RAM, in the order they came; when there is no more room the oldest give way. */
const createDrafts = () => {
  const drafts: Draft[] = []
  let dropped = 0
  return {
    add(draft: Draft): void {
      if (drafts.length === MOST_WAITING) {
        drafts.shift()
        dropped++
      }
      drafts.push(draft)
    },
    oldest: (count: number): readonly Draft[] => drafts.slice(0, count),
    forget: (count: number): void => void drafts.splice(0, count),
    queue: (): Queue => ({ waiting: drafts.length, dropped }),
  }
}

const describe = (error: Error & { readonly code?: string }) => ({ code: error.code ?? 'internal', message: error.message })
