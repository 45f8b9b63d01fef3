import type { Clock } from '../../clock.ts'
import { RECOVERY_STEPS, type RecoveryStep, type Silence, stepDue, strongerThan } from './recovery.ts'

export type Recoveries = Readonly<Record<RecoveryStep, number>>

export interface StepParts {
  readonly clock: Clock
  /** What the device can do now; nothing while it is not receiving. */
  able(): readonly RecoveryStep[]
  /** Takes the step and says how it went: null, or the trouble. `reopened` closes the port at once and says nothing. */
  take(step: RecoveryStep, why: string, done: (trouble: string | null) => void): void
}

/** Steps against silence, one at a time. */
export interface Steps {
  /** Takes the one that is due, if one is. */
  takeDue(silence: Pick<Silence, 'silentMs' | 'patienceMs'>, why: string): void
  take(step: RecoveryStep, why: string): void
  /** A telegram came: the last step before it, or null. Everything begins anew. */
  heard(): RecoveryStep | null
  /** The port was opened and the device set up: the next step waits for what that is good for. */
  receiving(): void
  /** What was going on over the port is broken off. */
  hungUp(): void
  /** Since the start. */
  taken(): Recoveries
}

/** Takes steps by `stepDue` and counts them; one that is not answered is followed by the next stronger. `acted`: whenever one may have been good for something. */
export function stepsBy({ clock, able, take: takeStep }: StepParts, acted: (atMs: number) => void): Steps {
  const counts = Object.fromEntries(RECOVERY_STEPS.map((step) => [step, 0])) as Record<RecoveryStep, number>
  let since = NOTHING
  let busy = false

  const take = (step: RecoveryStep, why: string): void => {
    const nowMs = clock.monotonicMs()
    counts[step]++
    if (step === 'asked') since = { ...since, askedMs: nowMs }
    else {
      since = { ...since, stepMs: nowMs, taken: since.taken + 1, last: step }
      acted(nowMs)
    }
    busy = step !== 'reopened'
    takeStep(step, why, (trouble) => {
      busy = false
      if (step !== 'asked') acted(clock.monotonicMs())
      if (trouble !== null) take(strongerThan(able(), step), trouble)
    })
  }
  return {
    take,
    takeDue(silence, why) {
      if (busy) return
      const nowMs = clock.monotonicMs()
      const [sinceAskedMs, sinceStepMs] = [nowMs - since.askedMs, nowMs - since.stepMs]
      const step = stepDue(able(), { ...silence, sinceAskedMs, sinceStepMs, taken: since.taken })
      if (step !== null) take(step, why)
    },
    heard() {
      const { last } = since
      since = NOTHING
      return last
    },
    receiving() {
      since = { ...since, stepMs: clock.monotonicMs() }
    },
    hungUp() {
      busy = false
    },
    taken: () => ({ ...counts }),
  }
}

interface Since {
  readonly askedMs: number
  readonly stepMs: number
  /** Since the last telegram. */
  readonly taken: number
  readonly last: RecoveryStep | null
}

const NOTHING: Since = { askedMs: Number.NEGATIVE_INFINITY, stepMs: Number.NEGATIVE_INFINITY, taken: 0, last: null }
