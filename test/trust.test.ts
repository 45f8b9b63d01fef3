import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { freshnessOf } from '../src/trust.ts'
import { hear, type Said, telegram } from './support/trust.ts'

const known = hear([
  { at: -20, counter: 98 },
  { at: -10, counter: 99 },
]).mark

describe('a new key', () => {
  it('is believed from the second telegram that fits the first', () => {
    expect(hear([{ kWh: 1000 }, { at: 1, kWh: 1000 }, { at: 2, kWh: 1001 }]).results).toEqual(['policy.unconfirmed', null, null])
  })

  it('is believed at once where a message authentication code is right', () => {
    expect(hear([{ mac: 'right' }]).results).toEqual([null])
  })

  it.each([
    ['a register fell', { at: 1, kWh: 999 }],
    ['another register fell', { at: 1, litres: 49_000 }],
    ['energy rose faster than any pipe allows', { at: 1, kWh: 5000 }],
    ['volume rose faster than any pipe allows', { at: 1, litres: 250_000 }],
  ])('needs another one where %s, and that one is held against the later', (_, second) => {
    expect(hear([{}, second, { ...second, at: 2 }]).results).toEqual(['policy.unconfirmed', 'policy.unconfirmed', null])
  })

  it('takes what a large meter can do in the time', () => {
    expect(hear([{ kWh: 1000 }, { at: 60, kWh: 1000 + 90_000 }]).results).toEqual(['policy.unconfirmed', null])
  })

  it('compares without a clock, too: order only', () => {
    expect(hear([{ at: null }, { at: null, kWh: 90_000 }]).results).toEqual(['policy.unconfirmed', null])
    expect(hear([{ at: null }, { at: null, kWh: 1 }]).results).toEqual(['policy.unconfirmed', 'policy.unconfirmed'])
  })

  it('needs a chain of four from a meter that sends one register: random bytes make a pair now and then', () => {
    const one = (at: number, kWh: number): Said => ({ at, kWh, litres: null })
    const results = (said: readonly Said[]) => hear(said).results.map((result) => result ?? 'believed')
    const no = 'policy.unconfirmed'
    expect(results([one(0, 1), one(1, 1), one(2, 2), one(3, 2)])).toEqual([no, no, no, 'believed'])
    expect(results([one(0, 1), one(1, 1), one(2, 0), one(3, 2), one(4, 2), one(5, 2)])).toEqual([no, no, no, no, no, 'believed'])
  })

  it('needs one telegram more from a meter whose clock is days off', () => {
    const clock = '2019-01-01T00:00'
    expect(hear([{ clock }, { at: 1, clock }, { at: 2, clock }]).results).toEqual(['policy.unconfirmed', 'policy.unconfirmed', null])
    expect(hear([{ clock: '2026-11-23T13:00' }, { at: 1, clock: '2026-11-23T13:01' }]).results).toEqual(['policy.unconfirmed', null])
    expect(hear([{ clock: '2026-11-23' }, { at: 1, clock: '2026-11-23' }]).results).toEqual(['policy.unconfirmed', null])
  })
})

describe('a recording', () => {
  it.each([
    ['counter', { counter: 98 }, 'policy.replay'],
    ['the same counter', { counter: 99 }, null],
    ['the next counter', { counter: 100 }, null],
  ] as const)('%s', (_, said, result) => {
    expect(hear([said], known).results).toEqual([result])
  })

  it.each(['minutes', 'clock'] as const)('is older by more than two minutes of the %s', (kind) => {
    const at = (n: number): Said =>
      kind === 'minutes' ? { minutes: 1000 + n } : { clock: `2026-11-23T12:${String(30 + n).padStart(2, '0')}` }
    const { mark } = hear([at(0), { ...at(1), at: 1 }])
    expect(hear([at(-1)], mark).results).toEqual([null])
    expect(hear([at(-2)], mark).results).toEqual(['policy.replay'])
    expect(hear([at(-20)], mark).results).toEqual(['policy.replay'])
  })

  it('never overwrites what is newer', () => {
    const after = hear([{ counter: 5 }], known).mark
    expect([after.newest, after.glimpse]).toEqual([known.newest, known.glimpse])
  })

  it('cannot heal by being long: its registers are those of the past', () => {
    const day = Array.from({ length: 50 }, (_, i) => ({ at: i, counter: 10 + i, kWh: 900 + i }))
    expect(new Set(hear(day, known).results)).toEqual(new Set(['policy.replay']))
  })
})

describe('a meter that counts anew', () => {
  const anew = (at: number, counter: number, kWh = 1000): Said => ({ at, counter, kWh })

  it('is believed after three rising telegrams over ten minutes', () => {
    const { results, mark } = hear([anew(0, 1), anew(6, 2), anew(12, 3), anew(18, 4)], known)
    expect(results).toEqual(['policy.replay', 'policy.replay', 'restarted', null])
    expect(mark.newest).toEqual({ kind: 'counter', value: 4 })
  })

  it.each([
    ['faster than ten minutes', [anew(0, 1), anew(1, 2), anew(2, 3), anew(3, 4)]],
    ['only two', [anew(0, 1), anew(15, 2)]],
    ['the same one again and again', [anew(0, 1), anew(6, 1), anew(12, 1), anew(18, 1)]],
    ['falling', [anew(0, 9), anew(6, 8), anew(12, 7), anew(18, 6)]],
    ['registers that fell', [anew(0, 1, 10), anew(6, 2, 10), anew(12, 3, 10), anew(18, 4, 10)]],
  ])('is not: %s', (_, said) => {
    expect(new Set(hear(said, known).results)).toEqual(new Set(['policy.replay']))
  })

  it('starts over after one that fits the old count', () => {
    expect(hear([anew(0, 1), anew(6, 2), anew(7, 100), anew(12, 3)], known).results).toEqual([
      'policy.replay',
      'policy.replay',
      null,
      'policy.replay',
    ])
  })
})

it('tells freshness by the best evidence: message counter, session, meter clock', () => {
  const of = (said: Said) => freshnessOf(telegram(said).d, telegram(said).observation)
  expect(of({ counter: 7, minutes: 8, clock: '2026-11-23T12:00' })).toEqual({ kind: 'counter', value: 7 })
  expect(of({ minutes: 8, clock: '2026-11-23T12:00' })).toEqual({ kind: 'session', value: 8 })
  expect(of({ clock: '1970-01-01T00:05' })).toEqual({ kind: 'clock', value: 5 })
  expect(of({})).toBeNull()
})

it('refuses nothing of an honest meter after its first telegram, whatever it counts and however often', () => {
  const step = fc.record({
    minutes: fc.integer({ min: 0, max: 600 }),
    counts: fc.integer({ min: 0, max: 5 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
      let at = 0
      let counter = 5
      let kWh = 1000
      const said = steps.map(({ minutes, counts, share }) => {
        at += minutes
        counter += counts
        kWh += Math.floor((share * 50_000 * minutes) / 60)
        return { at, counter, kWh }
      })
      expect(
        hear([{ counter, kWh: 1000 }, ...said])
          .results.slice(1)
          .every((result) => result === null),
      ).toBe(true)
    }),
  )
})
