import { afterEach, describe, expect, it } from 'vitest'
import { STICKS, type Stick } from '../../src/receivers/sticks/sticks.ts'
import { KINDS } from './emulators/kinds.ts'
import { type Wired, wire } from './emulators/wired.ts'
import { bytesOf, IM871A_FRAMES } from './vectors.ts'

const MIN = 60_000
const TELEGRAM = bytesOf(IM871A_FRAMES[2]!.telegram)
const STEPS = ['set up', 'reset', 'reopened']

/** On a real pseudo terminal, by a clock that waits for it. */
describe.each(KINDS)('$use opens, answers, and hears nothing', ({ use, emulate, alive, reset }) => {
  const { spokenTo }: Stick = STICKS[use]
  /** What it can be helped with, the gentlest first. */
  const able = STEPS.filter((step) => step === 'reopened' || (spokenTo && (step !== 'reset' || reset !== null)))
  let wired: Wired
  afterEach(() => wired.close())

  const isStep = (entry: string): boolean => entry === 'asked' || STEPS.includes(entry)
  /** Each step that was taken, with what was asked first then; null: nothing. */
  const steps = (): (readonly [string, string | null])[] =>
    wired.journal.flatMap((entry, i) => {
      const next = wired.journal[i + 1]
      return isStep(entry) ? [[entry, next === undefined || isStep(next) ? null : next] as const] : []
    })

  it('is asked whether it lives, set up, reset and opened anew, each step logged and counted, until it hears again', async () => {
    const emulator = emulate()
    wired = await wire(use, emulator)
    const first = wired.journal[0] ?? null
    expect(wired.receiver.health()).toMatchObject({ state: 'receiving', telegrams: 0, trouble: null })
    await wired.pass(29 * MIN)
    expect(wired.receiver.health()).toMatchObject({ state: 'receiving', trouble: null, reopened: 0 })
    // After two minutes, and each five minutes from then on.
    expect(steps()).toEqual(alive === null ? [] : Array(6).fill(['asked', alive]))
    await wired.pass(2 * MIN)
    expect(wired.receiver.health()).toMatchObject({ state: 'silent', trouble: expect.stringMatching(/heard nothing yet, for 31 min/) })
    await wired.pass(30 * MIN)

    const taken = steps().filter(([step]) => step !== 'asked')
    const begins = { 'set up': first, reset, reopened: first }
    expect(taken.slice(0, able.length)).toEqual(able.map((step) => [step, begins[step as keyof typeof begins]]))
    const { recoveries, reopened } = wired.receiver.health()
    const count = (step: string): number => steps().filter(([taken]) => taken === step).length
    expect(recoveries).toEqual(Object.fromEntries(['asked', ...STEPS].map((step) => [step, count(step)])))
    expect(reopened).toBe(count('reopened'))

    await wired.send(emulator.telegram(TELEGRAM))
    await wired.pass(1000)
    expect(wired.heard()).toHaveLength(1)
    expect(wired.receiver.health()).toMatchObject({ state: 'receiving', trouble: null })
    expect(wired.told).toEqual([
      ['receiver.silent', expect.objectContaining({ receiver: 'mast', minutes: 30 })],
      ['receiver.back', { receiver: 'mast', minutes: 61, after: taken.at(-1)![0] }],
    ])
  })

  it.runIf(spokenTo)('and, once it does not answer any more, is opened anew until it does', async () => {
    wired = await wire(use, emulate())
    wired.hang()
    // Who cannot be asked whether it lives is set up when the silence is unusual.
    await wired.pass(alive === null ? 31 * MIN : 3 * MIN)
    expect(wired.receiver.health()).toMatchObject({ trouble: expect.stringMatching(/no answer/), recoveries: { reopened: 1 } })
    wired.hang(false)
    await wired.pass(10_000)
    // Set up, and as silent as it was.
    const { state, reopened } = wired.receiver.health()
    expect([state, reopened]).toEqual([alive === null ? 'silent' : 'receiving', 1])
  })
})
