import type { Cancel, Clock } from '../../clock.ts'
import { RECOVERY_STEPS, type RecoveryStep, stepDue, strongerThan } from './recovery.ts'
import { learnRhythm } from './silence.ts'

/** Says that a receiver fell silent, or hears again. */
export type TellReceiver = (
  event: 'receiver.silent' | 'receiver.back',
  facts: Readonly<Record<string, string | number | null>> & { readonly receiver: string },
) => void

export type Recoveries = Readonly<Record<RecoveryStep, number>>

export interface WatchParts {
  readonly clock: Clock
  /** What the device can do now; nothing while it is not receiving. */
  able(): readonly RecoveryStep[]
  /** Takes the step and says how it went: null, or the trouble. `reopened` closes the port at once and says nothing. */
  take(step: RecoveryStep, why: string, done: (trouble: string | null) => void): void
  silent(facts: { readonly minutes: number; readonly usualMinutes: number; readonly why: string }): void
  back(facts: { readonly minutes: number; readonly after: RecoveryStep | null }): void
}

export interface Watch {
  /** Again while it runs: nothing changes. */
  start(): void
  stop(): void
  heard(atMs: number): void
  /** The port was opened and the device set up: its silence counts from now on. */
  receiving(): void
  /** What was going on over the port is broken off. */
  hungUp(): void
  /** At somebody's request: the strongest step short of opening it anew, or that. */
  reset(): void
  /** Why nothing is heard and what to try, while the silence is longer than usual; else null. */
  trouble(): string | null
  /** Steps taken since the start. */
  taken(): Recoveries
}

const LOOK_MS = 10_000
const minutes = (ms: number): number => Math.round(ms / 60_000)

/** Watches over the silence of a receiver: acts by `stepDue`, counts, and tells once when it begins and when it ends. */
export function watchSilence({ clock, able, take, silent, back }: WatchParts): Watch {
  const counts = Object.fromEntries(RECOVERY_STEPS.map((step) => [step, 0])) as Record<RecoveryStep, number>
  let rhythm = learnRhythm(clock.monotonicMs())
  let since = NOTHING
  let told = false
  let busy = false
  let stop: Cancel | null = null

  const act = (step: RecoveryStep, why: string): void => {
    const nowMs = clock.monotonicMs()
    counts[step]++
    if (step === 'asked') since = { ...since, askedMs: nowMs }
    else {
      since = { ...since, stepMs: nowMs, taken: since.taken + 1, last: step }
      rhythm.acted(nowMs)
    }
    busy = step !== 'reopened'
    take(step, why, (trouble) => {
      busy = false
      if (step !== 'asked') rhythm.acted(clock.monotonicMs())
      if (trouble !== null) act(strongerThan(able(), step), trouble)
    })
  }
  const trouble = (): string | null => {
    const nowMs = clock.monotonicMs()
    const silentMs = rhythm.silentMs(nowMs)
    if (silentMs < rhythm.patienceMs(nowMs)) return null
    const what = rhythm.everHeard()
      ? `has heard nothing for ${minutes(silentMs)} min, where ${Math.max(1, minutes(rhythm.usualMs(nowMs)))} min are usual`
      : `is set up and has heard nothing yet, for ${minutes(silentMs)} min`
    return `${what}: is the antenna screwed on and outside of metal? Are the link modes those of the meters (modes)? Try another place`
  }
  const look = (): void => {
    const nowMs = clock.monotonicMs()
    const [silentMs, patienceMs] = [rhythm.silentMs(nowMs), rhythm.patienceMs(nowMs)]
    const why = trouble()
    if (why !== null && !told) {
      told = true
      silent({ minutes: minutes(silentMs), usualMinutes: minutes(rhythm.usualMs(nowMs)), why })
    }
    if (busy) return
    const [sinceAskedMs, sinceStepMs] = [nowMs - since.askedMs, nowMs - since.stepMs]
    const step = stepDue(able(), { silentMs, patienceMs, sinceAskedMs, sinceStepMs, taken: since.taken })
    if (step !== null) act(step, why ?? `heard nothing for ${minutes(silentMs)} min`)
  }

  return {
    start() {
      if (stop === null) rhythm = learnRhythm(clock.monotonicMs())
      stop ??= clock.every(LOOK_MS, look)
    },
    stop() {
      stop?.()
      stop = null
    },
    heard(atMs) {
      if (told) back({ minutes: minutes(rhythm.silentMs(atMs)), after: since.last })
      told = false
      since = NOTHING
      rhythm.heard(atMs)
    },
    receiving() {
      const nowMs = clock.monotonicMs()
      since = { ...since, stepMs: nowMs }
      rhythm.acted(nowMs)
    },
    hungUp() {
      busy = false
    },
    reset() {
      const steps = able()
      act((['reset', 'set up'] as const).find((step) => steps.includes(step)) ?? 'reopened', 'reset at somebody’s request')
    },
    trouble,
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
