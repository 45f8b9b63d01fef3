import { describe, expect, it } from 'vitest'
import { RECOVERY_STEPS, type RecoveryStep, type Silence, stepDue, strongerThan } from '../../src/receivers/health/recovery.ts'
import { learnRhythm, type Rhythm } from '../../src/receivers/health/silence.ts'

const MIN = 60_000
const HOUR = 60 * MIN
const DAY = 24 * HOUR
/** A boot some days ago: nothing may depend on where the clock began. */
const START = 5 * DAY + 17 * MIN

/** Hears a telegram each `everyMs` between the two moments, from the start on. */
const hear = (rhythm: Rhythm, fromMs: number, toMs: number, everyMs: number): void => {
  for (let at = fromMs; at <= toMs; at += everyMs) rhythm.heard(START + at)
}

describe('the rhythm of a site', () => {
  it('is unknown at first: half an hour, or three of the longest gaps', () => {
    const rhythm = learnRhythm(START)
    expect([rhythm.patienceMs(START), rhythm.silentMs(START + MIN), rhythm.everHeard()]).toEqual([30 * MIN, MIN, false])
    hear(rhythm, 10, 60_000, 10)
    expect(rhythm.patienceMs(START + MIN)).toBe(30 * MIN)
    rhythm.heard(START + 16 * MIN)
    expect([rhythm.patienceMs(START + 16 * MIN), rhythm.usualMs(START + 16 * MIN), rhythm.everHeard()]).toEqual([45 * MIN, 15 * MIN, true])
  })

  it('of one meter each 15 minutes allows three of them to be missed', () => {
    const rhythm = learnRhythm(START)
    hear(rhythm, 15 * MIN, 2 * DAY, 15 * MIN)
    expect(rhythm.patienceMs(START + 2 * DAY + 10 * MIN)).toBe(45 * MIN)
  })

  it('of 400 a second notices two minutes', () => {
    const rhythm = learnRhythm(START)
    hear(rhythm, 0, 25 * HOUR - 1, 1000)
    hear(rhythm, 25 * HOUR, 25 * HOUR + 10_000, 2.5)
    const now = START + 25 * HOUR + 10_000
    expect([rhythm.patienceMs(now), rhythm.silentMs(now + 5)]).toEqual([2 * MIN, 5])
  })

  it('knows quiet nights from busy days', () => {
    const rhythm = learnRhythm(START)
    for (const day of [0, 1, 2]) hear(rhythm, day * DAY, day * DAY + 18 * HOUR, MIN)
    const noon = START + 2 * DAY + 12 * HOUR
    expect(rhythm.patienceMs(noon)).toBe(3 * MIN)
    // Silent from the 18th to the 24th hour of each day; a little earlier today, and not yet over in the morning.
    for (const hour of [17.5, 19, 23.9, 25]) expect(rhythm.patienceMs(START + 2 * DAY + hour * HOUR)).toBe(18 * HOUR)
    expect(rhythm.patienceMs(START + 3 * DAY + 2 * HOUR + 1)).toBe(3 * MIN)
  })

  it('forgets a gap after two days', () => {
    const rhythm = learnRhythm(START)
    hear(rhythm, 0, 6 * HOUR, MIN)
    hear(rhythm, 8 * HOUR, 2 * DAY + 7 * HOUR, MIN)
    expect(rhythm.patienceMs(START + 2 * DAY + 7 * HOUR)).toBe(6 * HOUR)
    hear(rhythm, 2 * DAY + 7 * HOUR, 3 * DAY + 7 * HOUR, MIN)
    expect(rhythm.patienceMs(START + 3 * DAY + 7 * HOUR)).toBe(3 * MIN)
  })

  it('does not learn a deafness that a setting-up ended', () => {
    const rhythm = learnRhythm(START)
    hear(rhythm, 0, 2 * DAY, MIN)
    rhythm.acted(START + 2 * DAY + 3 * HOUR)
    rhythm.heard(START + 2 * DAY + 3 * HOUR + 2000)
    expect(rhythm.patienceMs(START + 2 * DAY + 3 * HOUR + 2000)).toBe(3 * MIN)
  })

  it('learns a silence that a setting-up did not end, and believes none longer than a day', () => {
    const rhythm = learnRhythm(START)
    hear(rhythm, 0, 2 * DAY, MIN)
    rhythm.acted(START + 2 * DAY + 10 * MIN)
    rhythm.heard(START + 2 * DAY + HOUR)
    expect(rhythm.patienceMs(START + 2 * DAY + HOUR)).toBe(3 * HOUR)
    rhythm.heard(START + 9 * DAY)
    expect(rhythm.patienceMs(START + 9 * DAY)).toBe(DAY)
  })
})

describe('what is done about silence', () => {
  const never = Number.POSITIVE_INFINITY
  const silence = (part: Partial<Silence>): Silence => ({
    silentMs: 0,
    patienceMs: 45 * MIN,
    sinceAskedMs: never,
    sinceStepMs: never,
    taken: 0,
    ...part,
  })
  const due = (part: Partial<Silence>, able: readonly RecoveryStep[] = RECOVERY_STEPS) => stepDue(able, silence(part))

  it('asks after two minutes, and each five minutes', () => {
    expect(due({ silentMs: 2 * MIN - 1 })).toBeNull()
    expect(due({ silentMs: 2 * MIN })).toBe('asked')
    expect(due({ silentMs: 7 * MIN, sinceAskedMs: 5 * MIN - 1 })).toBeNull()
    expect(due({ silentMs: 7 * MIN, sinceAskedMs: 5 * MIN })).toBe('asked')
    expect(due({ silentMs: 20 * MIN }, ['reopened'])).toBeNull()
  })

  it('touches nothing while the silence is a usual one', () => {
    expect(due({ silentMs: 45 * MIN - 1, sinceAskedMs: MIN })).toBeNull()
    expect(due({ silentMs: 45 * MIN })).toBe('set up')
    expect(due({ silentMs: 100 * DAY }, [])).toBeNull()
  })

  it('goes on to the stronger step, then around again, ever more seldom, for ever', () => {
    const taken: [RecoveryStep, number][] = []
    let sinceStepMs = 0
    for (let minute = 0; taken.length < 20; minute++, sinceStepMs += MIN) {
      const since = taken.length === 0 ? never : sinceStepMs
      const step = due({ silentMs: minute * MIN, sinceStepMs: since, sinceAskedMs: 0, taken: taken.length })
      if (step === null) continue
      taken.push([step, Math.min(minute, since / MIN)])
      sinceStepMs = 0
    }
    expect(taken.slice(0, 8)).toEqual([
      ['set up', 45],
      ['reset', 23],
      ['reopened', 23],
      ['set up', 45],
      ['reset', 23],
      ['reopened', 23],
      ['set up', 90],
      ['reset', 23],
    ])
    expect(taken.at(-2)).toEqual(['set up', 360])
  })

  it('opens anew what cannot be set up or does not answer', () => {
    expect(due({ silentMs: 45 * MIN }, ['reopened'])).toBe('reopened')
    expect(strongerThan(RECOVERY_STEPS, 'asked')).toBe('set up')
    expect(strongerThan(['asked', 'set up', 'reopened'], 'set up')).toBe('reopened')
    expect(strongerThan(['reopened'], 'reopened')).toBe('reopened')
  })
})
