import { manualClock } from '../../src/clock.ts'
import type { Dialect, Step } from '../../src/receivers/dialect.ts'
import { startDialogue } from '../../src/receivers/sticks/dialogue.ts'
import { HEARD, hexOf } from './vectors.ts'

/** Speaks steps with something that answers at once or never: what was asked, in hex, and the trouble it ended with. */
export function speak(
  dialect: Dialect,
  answer: (request: Uint8Array) => Uint8Array | null,
  steps: readonly Step[] = dialect.dialogue,
): { asked: string[]; trouble: string | null } {
  const clock = manualClock(null)
  const asked: string[] = []
  const answers: Uint8Array[] = []
  let trouble: string | null | undefined
  const write = (bytes: Uint8Array): void => {
    asked.push(hexOf(bytes))
    const bytesBack = answer(bytes)
    if (bytesBack) answers.push(bytesBack)
  }
  const ended = (why: string | null): void => {
    trouble = why
  }
  const dialogue = startDialogue(steps, write, ended, clock)
  for (let turn = 0; trouble === undefined && turn < 10_000; turn++) {
    const next = answers.shift()
    if (next) dialect.feed(next, HEARD, dialogue.answered)
    else clock.advance(50)
  }
  if (trouble === undefined) throw new Error('the dialogue does not end')
  return { asked, trouble }
}
