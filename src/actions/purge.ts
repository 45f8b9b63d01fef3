/** `db purge` as the daemon is asked for it, or as the command does it alone: step by step, so that nobody waits for long. */
import { z } from 'zod'
import { TRUST } from '../clock/wall.ts'
import { type Clock, trustIn } from '../clock.ts'
import { checked } from '../control/checked.ts'
import { controlError } from '../control/control-error.ts'
import { addTo, type Removed, tellLost } from '../retention.ts'
import type { PurgePlace, PurgeRule } from '../store/retention/retention.ts'
import type { Store } from '../store/store.ts'

const argsSchema = z.strictObject({
  /** Only counts. */
  dryRun: z.boolean(),
  /** Where the last answer said to go on; left out: from the beginning. */
  place: z.union([z.int().min(1), z.enum(['telegrams', 'sms', 'series', 'files', 'compact'])]).optional(),
})
export type PurgeArgs = z.input<typeof argsSchema>

/** What this call did. */
export interface PurgeResult {
  readonly removed: Readonly<Removed>
  readonly bytes: number
  readonly walBusy: boolean
  /** The date that ages are counted to and the clock's, milliseconds since 1970 UTC; null: nothing was ever stored. */
  readonly date: number | null
  readonly now: number
  /** Ask again with this; null: all was looked at. */
  readonly next: PurgePlace | null
}

export interface PurgeParts {
  readonly store: Pick<Store, 'retention' | 'health' | 'outbox' | 'audit'>
  readonly clock: Clock
  readonly rule: PurgeRule
  /** The purge date now. */
  date(): number | null
  /** Tells of lost readings; null where there is nobody to tell: the daemon does at its next purge. */
  readonly tell: Parameters<typeof tellLost>[0]['tell'] | null
}

/** So many steps are one answer: some milliseconds each. */
const STEPS = 8

export function purgeAction(parts: PurgeParts, args: unknown): PurgeResult {
  const { store, clock, rule } = parts
  const { dryRun, place = 1 } = checked(argsSchema, args)
  const now = clock.utcMs()
  if (now === null) throw controlError('refused', `Nothing is removed while the time is not known: ${TRUST[trustIn(clock)][1]}.`)
  const { state, reason } = store.health()
  if (state !== 'ok') throw controlError('refused', `Nothing is removed while the disk is in trouble (${state}: ${reason}).`)
  const date = parts.date()
  if (date === null) return { removed: {}, bytes: 0, walBusy: false, date, now, next: null }
  const removed: Removed = {}
  let [next, bytes, walBusy]: [PurgePlace | null, number, boolean] = [place, 0, false]
  for (let n = 0; n < STEPS && next !== null; n++) {
    const did = store.retention.step(next, date, rule, dryRun)
    addTo(removed, did.removed)
    bytes += did.bytes
    walBusy = did.walBusy
    next = did.next
  }
  if (!dryRun && Object.values(removed).some((n) => n > 0)) store.audit.note('purge', null, { ...removed })
  if (next === null && !dryRun && parts.tell) tellLost({ store, tell: parts.tell })
  return { removed, bytes, walBusy, date, now, next }
}
