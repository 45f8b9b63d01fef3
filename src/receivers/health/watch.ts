import type { Cancel } from '../../clock.ts'
import type { RecoveryStep } from './recovery.ts'
import { learnRhythm, type Rhythm } from './silence.ts'
import { type Recoveries, type StepParts, stepsBy } from './steps.ts'

/** Says that a receiver fell silent, or hears again. */
export type TellReceiver = (
  event: 'receiver.silent' | 'receiver.back',
  facts: Readonly<Record<string, string | number | null>> & { readonly receiver: string },
) => void

export interface WatchParts extends StepParts {
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

/** Watches over the silence of a receiver: has something done about it, and tells once when it begins and when it ends. */
export function watchSilence({ clock, able, take, silent, back }: WatchParts): Watch {
  let rhythm = learnRhythm(clock.monotonicMs())
  const steps = stepsBy({ clock, able, take }, (atMs) => rhythm.acted(atMs))
  let told = false
  let stop: Cancel | null = null

  const look = (): void => {
    const nowMs = clock.monotonicMs()
    const [silentMs, patienceMs] = [rhythm.silentMs(nowMs), rhythm.patienceMs(nowMs)]
    const why = troubleOf(rhythm, nowMs)
    if (why !== null && !told) {
      told = true
      silent({ minutes: minutes(silentMs), usualMinutes: minutes(rhythm.usualMs(nowMs)), why })
    }
    steps.takeDue({ silentMs, patienceMs }, why ?? `heard nothing for ${minutes(silentMs)} min`)
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
      const after = steps.heard()
      if (told) back({ minutes: minutes(rhythm.silentMs(atMs)), after })
      told = false
      rhythm.heard(atMs)
    },
    receiving() {
      steps.receiving()
      rhythm.acted(clock.monotonicMs())
    },
    hungUp: steps.hungUp,
    reset() {
      const can = able()
      steps.take((['reset', 'set up'] as const).find((step) => can.includes(step)) ?? 'reopened', 'reset at somebody’s request')
    },
    trouble: () => troubleOf(rhythm, clock.monotonicMs()),
    taken: steps.taken,
  }
}

function troubleOf(rhythm: Rhythm, nowMs: number): string | null {
  const silentMs = rhythm.silentMs(nowMs)
  if (silentMs < rhythm.patienceMs(nowMs)) return null
  const what = rhythm.everHeard()
    ? `has heard nothing for ${minutes(silentMs)} min, where ${Math.max(1, minutes(rhythm.usualMs(nowMs)))} min are usual`
    : `is set up and has heard nothing yet, for ${minutes(silentMs)} min`
  return `${what}: is the antenna screwed on and outside of metal? Are the link modes those of the meters (modes)? Try another place`
}
