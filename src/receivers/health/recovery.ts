/** What is done about a receiver that hears nothing, the gentlest first. */
export const RECOVERY_STEPS = ['asked', 'set up', 'reset', 'reopened'] as const
export type RecoveryStep = (typeof RECOVERY_STEPS)[number]

/** A site that stays silent for days is tried no more seldom than this. */
const SELDOM_MS = 6 * 3_600_000
/** A question harms nobody: it is put long before the silence is unusual, and finds a device that hangs. */
const ASKED_AFTER_MS = 2 * 60_000
const ASKED_AGAIN_MS = 5 * 60_000

/** Where a receiver stands in its silence; all times in ms. */
export interface Silence {
  readonly silentMs: number
  /** See `Rhythm`. */
  readonly patienceMs: number
  /** Since the last question, and since the last step of the others; infinite where there was none since the last telegram. */
  readonly sinceAskedMs: number
  readonly sinceStepMs: number
  /** Steps taken since the last telegram, without questions. */
  readonly taken: number
}

/**
 * What to do now, of what the device is able to; null: wait. Each step gets time to show what it was good for; after the last they
 * begin anew, each round after twice the time, and never end.
 */
export function stepDue(able: readonly RecoveryStep[], silence: Silence): RecoveryStep | null {
  const { silentMs, sinceAskedMs, sinceStepMs, taken } = silence
  const strong = able.filter((step) => step !== 'asked')
  if (strong.length > 0 && Math.min(silentMs, sinceStepMs) >= waitBefore(taken, strong.length, silence.patienceMs))
    return strong[taken % strong.length]!
  return able.includes('asked') && silentMs >= ASKED_AFTER_MS && sinceAskedMs >= ASKED_AGAIN_MS ? 'asked' : null
}

function waitBefore(taken: number, steps: number, patienceMs: number): number {
  if (taken === 0) return patienceMs
  if (taken % steps !== 0) return patienceMs / 2
  return Math.min(patienceMs * 2 ** (taken / steps - 1), Math.max(patienceMs, SELDOM_MS))
}

/** The next stronger one, for a device that did not even answer; opening it anew is the strongest. */
export const strongerThan = (able: readonly RecoveryStep[], step: RecoveryStep): RecoveryStep => able[able.indexOf(step) + 1] ?? 'reopened'
