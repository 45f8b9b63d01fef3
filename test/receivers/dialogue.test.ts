import { describe, expect, it } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import type { Ask, Say, Step } from '../../src/receivers/dialect.ts'
import { startDialogue } from '../../src/receivers/sticks/dialogue.ts'

const step = (question: number, trouble: string | null = null): Ask => ({
  request: () => Uint8Array.of(question),
  answers: (message) => message[0] === question + 1,
  accept: () => trouble,
  timeoutMs: 1000,
  tries: 3,
  silence: `no answer to ${question}`,
})

const says = (...bytes: number[]): Say => ({ say: () => Uint8Array.from(bytes), pauseMs: 200 })

const speak = (...steps: Step[]) => {
  const clock = manualClock(null)
  const asked: number[] = []
  const ends: (string | null)[] = []
  const dialogue = startDialogue(
    steps,
    (bytes) => asked.push(...bytes),
    (trouble) => ends.push(trouble),
    clock,
  )
  return { clock, asked, ends, dialogue, answer: (message: number) => dialogue.answered(Uint8Array.of(message)) }
}

describe('a dialogue', () => {
  it('asks the next question once the last was answered, and ends well', () => {
    const { asked, ends, answer, clock } = speak(step(10), step(20))
    answer(21)
    answer(11)
    expect(asked).toEqual([10, 20])
    answer(11)
    expect(ends).toEqual([])
    answer(21)
    answer(21)
    clock.advance(10_000)
    expect([asked, ends]).toEqual([[10, 20], [null]])
  })

  it('asks again before it takes silence for an answer', () => {
    const { asked, ends, answer, clock } = speak(step(10), step(20))
    clock.advance(1000)
    answer(11)
    clock.advance(2999)
    expect([asked, ends]).toEqual([[10, 10, 20, 20, 20], []])
    clock.advance(1)
    answer(21)
    expect([asked, ends]).toEqual([[10, 10, 20, 20, 20], ['no answer to 20']])
  })

  it('ends with the trouble of an answer', () => {
    const { asked, ends, answer } = speak(step(10, 'wrong device'), step(20))
    answer(11)
    answer(21)
    expect([asked, ends]).toEqual([[10], ['wrong device']])
  })

  it('says nothing more once it is cancelled', () => {
    const { asked, ends, answer, clock, dialogue } = speak(step(10), step(20))
    dialogue.cancel()
    answer(11)
    clock.advance(10_000)
    expect([asked, ends]).toEqual([[10], []])
  })

  it('says what nobody answers, gives it time, and goes on', () => {
    const { asked, ends, clock, answer } = speak(says(1), step(10), says(2), says(3))
    expect([asked, ends]).toEqual([[1], []])
    answer(11)
    clock.advance(199)
    expect(asked).toEqual([1])
    clock.advance(1)
    expect(asked).toEqual([1, 10])
    answer(11)
    expect(asked).toEqual([1, 10, 2])
    clock.advance(200)
    expect([asked, ends]).toEqual([[1, 10, 2, 3], []])
    clock.advance(200)
    expect(ends).toEqual([null])
  })

  it('only waits where nothing is said', () => {
    const { asked, ends, clock } = speak(says())
    clock.advance(199)
    expect([asked, ends]).toEqual([[], []])
    clock.advance(1)
    expect([asked, ends]).toEqual([[], [null]])
  })

  it('passes over what needs neither be asked nor said', () => {
    const { asked, ends } = speak({ ...step(10), request: () => null }, { say: () => null, pauseMs: 1000 })
    expect([asked, ends]).toEqual([[], [null]])
  })

  it('ends with the verdict on all before, and goes on where there is nothing to say', () => {
    const said: string[] = []
    const verdict = (trouble: string | null) => ({ verdict: () => (said.push('judged') > 0 ? trouble : null) })
    const { asked, ends, answer, clock } = speak(verdict(null), step(10), verdict('cannot'), step(20))
    expect([asked, said]).toEqual([[10], ['judged']])
    answer(11)
    clock.advance(10_000)
    expect([asked, ends]).toEqual([[10], ['cannot']])
  })

  it('does not go on in a pause that was cancelled', () => {
    const { asked, ends, clock, dialogue } = speak(says(1), says(2))
    dialogue.cancel()
    clock.advance(10_000)
    expect([asked, ends]).toEqual([[1], []])
  })

  it('without steps ends well at once', () => {
    expect(speak().ends).toEqual([null])
  })
})
