import type { Cancel, Clock } from '../../clock.ts'
import type { Ask, Say, Step } from '../dialect.ts'

export interface Dialogue {
  /** Hands over a message of the device. */
  answered(message: Uint8Array): void
  /** Breaks off; `done` is not called any more. */
  cancel(): void
}

/** Speaks the steps in order. `done` is called once: with null when all were answered, else with the trouble. */
export function startDialogue(
  steps: readonly Step[],
  write: (bytes: Uint8Array) => void,
  done: (trouble: string | null) => void,
  clock: Clock,
): Dialogue {
  let at = -1
  let cancelTimer: Cancel = () => {}
  let over = false

  const finish = (trouble: string | null): void => {
    over = true
    cancelTimer()
    done(trouble)
  }
  const next = (): void => {
    const step = steps[++at]
    if (step === undefined) finish(null)
    else if ('say' in step) say(step)
    else if ('verdict' in step) judge(step.verdict())
    else ask(step, step.tries)
  }
  const judge = (trouble: string | null): void => (trouble === null ? next() : finish(trouble))
  const say = ({ say, pauseMs }: Say): void => {
    const bytes = say()
    if (bytes === null) {
      next()
      return
    }
    cancelTimer = clock.after(pauseMs, next)
    if (bytes.length > 0) write(bytes)
  }
  const ask = (step: Ask, triesLeft: number): void => {
    const bytes = step.request()
    if (bytes === null) {
      next()
      return
    }
    cancelTimer = clock.after(step.timeoutMs, () => (triesLeft > 1 ? ask(step, triesLeft - 1) : finish(step.silence)))
    if (bytes.length > 0) write(bytes)
  }
  const answered = (message: Uint8Array): void => {
    const step = steps[at]
    if (over || step === undefined || !('answers' in step) || !step.answers(message)) return
    cancelTimer()
    judge(step.accept(message))
  }
  const cancel = (): void => {
    over = true
    cancelTimer()
  }

  next()
  return { answered, cancel }
}
