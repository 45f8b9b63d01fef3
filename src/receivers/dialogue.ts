import type { Cancel, Clock } from '../clock.ts'
import type { Step } from './dialect.ts'

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
  let at = 0
  let triesLeft = 0
  let cancelTimer: Cancel = () => {}
  let over = false

  const finish = (trouble: string | null): void => {
    over = true
    cancelTimer()
    done(trouble)
  }
  const begin = (): void => {
    const step = steps[at]
    triesLeft = step?.tries ?? 0
    if (step === undefined) finish(null)
    else send(step)
  }
  const send = (step: Step): void => {
    cancelTimer = clock.after(step.timeoutMs, () => (--triesLeft > 0 ? send(step) : finish(step.silence)))
    write(step.request())
  }
  const answered = (message: Uint8Array): void => {
    const step = steps[at]
    if (over || step === undefined || !step.answers(message)) return
    cancelTimer()
    const trouble = step.accept(message)
    at++
    if (trouble === null) begin()
    else finish(trouble)
  }
  const cancel = (): void => {
    over = true
    cancelTimer()
  }

  begin()
  return { answered, cancel }
}
