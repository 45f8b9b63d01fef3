/** Tells of the wall clock what somebody must know: that it is not known, that it is at last, that it stepped. */
import { type Cancel, type Clock, trustIn } from '../clock.ts'
import type { Tell } from '../events.ts'
import { TRUST } from './wall.ts'

interface WatchOptions {
  readonly clock: Clock
  tell: Tell
  /** Called at every look at which the time is known. */
  onKnown(): void
}

const LOOK_MS = 60_000
/** Observations wait for the time: no need to wait any longer. */
const LOOK_WHILE_UNKNOWN_MS = 5_000
/** A box with a network has the time by then. */
const PATIENCE_MS = 600_000
/** Less is told by nobody: no day is lost or doubled by it. */
const STEP_MS = 60_000

/** Looks now and from then on. */
export function watchClock({ clock, tell, onKnown }: WatchOptions): Cancel {
  const startedMs = clock.monotonicMs()
  /** Wall clock minus monotonic clock, which only a step changes; null before the time is known. */
  let aheadMs: number | null = null
  let known: boolean | null = null
  /** It was told, or there is nothing to tell. */
  let told = false
  let cancel: Cancel

  const unknown = (): void => {
    // A clock that was right and is not must be told at once, one that is not right yet after a while.
    if (known) told = false
    known = false
    const why = trustIn(clock)
    if (told || (aheadMs === null && why !== 'before-release' && clock.monotonicMs() - startedMs < PATIENCE_MS)) return
    told = true
    tell('clock.untrusted', { reason: why, try: TRUST[why][1] })
  }
  const right = (utcMs: number): void => {
    if (known === false) tell('clock.trusted', { reason: trustIn(clock) })
    known = true
    const nowAheadMs = utcMs - clock.monotonicMs()
    const steppedMs = aheadMs === null ? 0 : nowAheadMs - aheadMs
    aheadMs = nowAheadMs
    if (Math.abs(steppedMs) >= STEP_MS) tell('clock.stepped', { seconds: Math.round(steppedMs / 1000) })
    onKnown()
  }
  const look = (): void => {
    const utcMs = clock.utcMs()
    if (utcMs === null) unknown()
    else right(utcMs)
    cancel = clock.after(utcMs === null ? LOOK_WHILE_UNKNOWN_MS : LOOK_MS, look)
  }
  look()
  return () => cancel()
}
