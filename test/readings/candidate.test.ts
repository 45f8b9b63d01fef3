import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Boundary, better, evidenceOf, type Timed } from '../../src/readings/candidate.ts'
import { endOfDay, startOfDay } from '../../src/readings/day.ts'
import { readingId } from '../../src/readings/identity.ts'
import { valuesOf } from '../../src/readings/registers.ts'
import { COPENHAGEN, energyOf, MINUTE, observation, stream } from './observations.ts'

const midnight = Date.UTC(2026, 10, 23, 23)
const boundary: Boundary = { day: '2026-11-23', utcMs: midnight, toleranceMs: 15 * MINUTE, timeZone: COPENHAGEN }
const at = (seconds: number, kWh = 1): Timed => observation(midnight + seconds * 1000, kWh)
const evidence = (seconds: number) => evidenceOf(at(seconds), boundary)

describe('evidence', () => {
  it.each([
    [-900, 'boundary', -900],
    [-4, 'boundary', -4],
    [-0.4, 'boundary', -1],
    [0, 'boundary', 0],
    [4.9, 'boundary', 4],
    [900, 'boundary', 900],
    [-900.001, 'early', -901],
    [-64049, 'early', -64049],
  ] as const)('%d s from the boundary is %s, %i s', (seconds, kind, offsetSeconds) => {
    expect(evidence(seconds)).toMatchObject({ kind, offsetSeconds })
  })

  it('ends with the tolerance', () => {
    expect(evidence(900.001)).toBeNull()
  })
})

describe('of two observations', () => {
  const pick = (a: Timed, b: Timed): Timed => {
    expect(better(b, a, boundary)).toBe(better(a, b, boundary))
    return better(a, b, boundary)
  }

  it('the nearer to the boundary speaks for the day, before or after it', () => {
    expect(pick(at(-5), at(4))).toEqual(at(4))
    expect(pick(at(-3), at(4))).toEqual(at(-3))
  })

  it('any at the boundary is better than any earlier one, and the later of two earlier ones', () => {
    expect(pick(at(-901), at(899))).toEqual(at(899))
    expect(pick(at(-30_000), at(-20_000))).toEqual(at(-20_000))
  })

  it('as near on either side, the greater id stands, as it would with billing', () => {
    const [before, after] = [at(-4, 10), at(4, 11)]
    const id = (o: Timed): string => readingId(o.meter, boundary.day, valuesOf(o, 'register'), null)
    expect(pick(before, after)).toBe(id(before) > id(after) ? before : after)
  })

  it('the earlier one stands where both would bill the same', () => {
    expect(pick(at(-4), at(4))).toEqual(at(-4))
    expect(pick(at(4.2), at(4.7))).toEqual(at(4.2))
    const power = (raw: number): Timed =>
      observation(midnight, 1, { measurements: [energyOf(1), { ...energyOf(raw), name: 'power', kind: 'momentary' }] })
    expect(pick(power(1), power(2))).toEqual(power(2))
  })
})

describe.each(['2026-03-28', '2026-03-29', '2026-10-24', '2026-10-25', '2028-02-29', '2026-12-31'])('on %s', (day) => {
  const endMs = endOfDay(day, COPENHAGEN)
  const here: Boundary = { day, utcMs: endMs, toleranceMs: 15 * MINUTE, timeZone: COPENHAGEN }
  const ofOne = stream(startOfDay(day, COPENHAGEN), endMs, endMs).map((all) =>
    all.filter((o) => o.meter === 'KAM-07134347' && evidenceOf(o, here) !== null),
  )

  it('the outcome is one that was observed, the best there is, in every order and however often it arrives', () => {
    const arrivals = ofOne
      .filter((all) => all.length > 0)
      .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2 })))
    fc.assert(
      fc.property(arrivals, ([all, again]) => {
        const choose = (some: Timed[]): Timed => some.reduce((a, b) => better(a, b, here))
        const chosen = choose(all)
        expect(choose(again)).toEqual(chosen)
        expect(all).toContain(chosen)
        const precedences = all.map((o) => evidenceOf(o, here)!.precedence)
        expect(evidenceOf(chosen, here)!.precedence).toBe(Math.max(...precedences))
      }),
    )
  })
})
