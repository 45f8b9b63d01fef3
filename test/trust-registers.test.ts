import { describe, expect, it } from 'vitest'
import { hear, register, type Said } from './support/trust.ts'

/** Whether a second telegram, ten minutes later unless it says otherwise, fits the first: a key is believed from two that do. */
const fits = (first: Said, second: Said): boolean => hear([first, { at: 10, ...second }]).results[1] === null

const water = register('volume', 50_000, -3, 'm3')
const energy = (raw: number, exponent: number, unit: string): Said => ({ registers: [register('energy', raw, exponent, unit), water] })

describe('what two telegrams can be compared by', () => {
  it.each([
    ['its unit', energy(1000, 0, 'kWh'), energy(1000, 0, 'MJ')],
    ['its resolution', energy(1000, 0, 'kWh'), energy(10_000, -1, 'kWh')],
    ['its name', energy(1000, 0, 'kWh'), { registers: [register('coolingEnergy', 1000, 0, 'kWh'), water] }],
  ])('is no register that changed %s', (_, first, second) => {
    expect(fits(first, first)).toBe(true)
    // The volume is in both: one register, too little for a pair.
    expect(fits(first, second)).toBe(false)
    expect(hear([first, second]).mark.fitting).toBe(2)
  })

  it('is at least one register: two telegrams without a common one are no chain', () => {
    const { mark } = hear([{ registers: [] }, { at: 1, registers: [] }, { at: 2, registers: [] }])
    expect([mark.confirmed, mark.fitting]).toEqual([false, 1])
  })

  it('is no momentary value: power goes up and down', () => {
    const one = { litres: null }
    expect(hear([one, { ...one, at: 1 }, { ...one, at: 2 }]).results).toEqual(new Array(3).fill('policy.unconfirmed'))
  })
})

describe('how fast a register may rise', () => {
  const hour = 60
  const rising = (raw: number, exponent: number, unit: string, by: number): [Said, Said] => {
    const at = (n: number): Said => ({ registers: [register('any', n, exponent, unit), water] })
    return [at(raw), { ...at(raw + by), at: hour }]
  }

  // 1.2 times the most of MOST_PER_HOUR, and the last digit.
  it.each([
    ['kWh', 0, 120_001],
    ['MWh', 0, 121],
    ['GJ', -2, 43_201],
    ['m3', -3, 3_600_001],
  ])('%s × 10^%i: by %i in an hour, and no digit more', (unit, exponent, most) => {
    expect(fits(...rising(7000, exponent, unit, most))).toBe(true)
    expect(fits(...rising(7000, exponent, unit, most + 2))).toBe(false)
  })

  it('depends on the time: twice as much in two hours', () => {
    expect(fits({}, { at: 60, kWh: 1000 + 130_000 })).toBe(false)
    expect(fits({}, { at: 120, kWh: 1000 + 130_000 })).toBe(true)
  })

  it('is not known of a unit without such a limit', () => {
    expect(fits(...rising(7, 0, 'm3.°C', 1e9))).toBe(true)
  })

  it.each([
    ['first', null, 10],
    ['second', 0, null],
  ])('is not asked where the time of the %s is not known', (_, first, second) => {
    expect(fits({ at: first }, { at: second, kWh: 900_000 })).toBe(true)
    expect(fits({ at: first }, { at: second, kWh: 999 })).toBe(false)
  })

  it('is nothing but the last digit where the gateway’s clock was put back in between', () => {
    expect(fits({ at: 0 }, { at: -600, kWh: 1001 })).toBe(true)
    expect(fits({ at: 0 }, { at: -600, kWh: 1002 })).toBe(false)
  })
})

describe('the chain of telegrams that confirms a key', () => {
  it('is counted, from the first one that does not fit anew', () => {
    const fitting = (...said: Said[]): number => hear(said).mark.fitting
    const one = (at: number, kWh: number): Said => ({ at, kWh, litres: null })
    expect(fitting(one(0, 5))).toBe(1)
    expect(fitting(one(0, 5), one(1, 5), one(2, 5))).toBe(3)
    expect(fitting(one(0, 5), one(1, 5), one(2, 4))).toBe(1)
  })

  it('needs one more where the meter’s clock is more than a day off', () => {
    const pair = (clock: string): boolean => fits({ clock }, { clock })
    expect(pair('2026-11-22T12:00')).toBe(true)
    expect(pair('2026-11-24T12:00')).toBe(true)
    expect(pair('2026-11-21T12:00')).toBe(false)
    expect(pair('2026-11-25T12:00')).toBe(false)
    expect(pair('2026-11-22')).toBe(true)
    expect(pair('2026-11-21')).toBe(false)
  })

  it('does not ask for a clock where there is none to hold it against', () => {
    expect(fits({ at: null, clock: '2019-01-01T00:00' }, { at: null, clock: '2019-01-01T00:00' })).toBe(true)
    expect(fits({ clock: '24:00' }, { clock: '24:00' })).toBe(true)
  })

  it.each([
    ['of eight bytes proves a key', 8, 'right', true],
    ['of twelve proves a key', 12, 'right', true],
    ['of four is met by trying', 4, 'right', false],
    ['that could not be checked proves nothing', 8, 'none', false],
    ['that is wrong proves nothing', 8, 'wrong', false],
  ] as const)('is not needed where a code %s', (_, macLength, mac, proven) => {
    expect(hear([{ mac, macLength }]).mark.confirmed).toBe(proven)
  })
})

describe('a meter that is known', () => {
  const known = hear([
    { at: -20, counter: 98 },
    { at: -10, counter: 99 },
  ]).mark

  it('is told from a recording by marks of one kind only: minutes are no counter', () => {
    expect(hear([{ minutes: 5 }], known).results).toEqual([null])
    expect(hear([{ clock: '2026-11-23T12:00' }, { at: 1, counter: 5 }], known).results).toEqual([null, null])
  })

  it('keeps its newest count when the same or none comes, and takes the other kind', () => {
    expect(hear([{ counter: 99 }], known).mark.newest).toEqual({ kind: 'counter', value: 99 })
    expect(hear([{}], known).mark.newest).toEqual({ kind: 'counter', value: 99 })
    expect(hear([{ minutes: 5 }], known).mark.newest).toEqual({ kind: 'session', value: 5 })
  })

  it('keeps the higher of two session times within the slack', () => {
    const { mark } = hear([{ minutes: 1000 }, { at: 1, minutes: 999 }], known)
    expect(mark.newest).toEqual({ kind: 'session', value: 1000 })
  })

  it('may be heard with any count where it never told one', () => {
    const { mark } = hear([{ at: -20 }, { at: -10 }])
    expect(mark).toMatchObject({ confirmed: true, newest: null })
    expect(hear([{ counter: 1 }], mark)).toMatchObject({ results: [null], mark: { newest: { kind: 'counter', value: 1 } } })
  })

  it('takes the latest registers for the next comparison', () => {
    expect(hear([{ counter: 100, kWh: 1007 }], known).mark.glimpse?.registers[0]).toEqual({
      name: 'energy',
      unit: 'kWh',
      value: 1007,
      step: 1,
    })
  })
})

describe('a meter that counts anew', () => {
  const known = hear([
    { at: -20, counter: 98 },
    { at: -10, counter: 99 },
  ]).mark
  const anew = (at: number | null, counter: number): Said => ({ at, counter })
  const no = 'policy.replay'

  it.each([
    ['ten minutes to the millisecond', [anew(0, 1), anew(5, 2), anew(10, 3)], [no, no, 'restarted']],
    ['a little less', [anew(0, 1), anew(5, 2), anew(9.99, 3)], [no, no, no]],
    ['one more after a slow start', [anew(0, 1), anew(1, 2), anew(2, 3), anew(10, 4)], [no, no, no, 'restarted']],
    ['one that falls between begins anew', [anew(0, 5), anew(6, 3), anew(12, 4), anew(16, 5)], [no, no, no, 'restarted']],
    ['a time nobody knows counts for nothing', [anew(null, 1), anew(6, 2), anew(12, 3), anew(18, 4)], [no, no, no, 'restarted']],
  ] as const)('%s', (_, said, results) => {
    expect(hear(said, known).results).toEqual(results)
  })

  it('is not helped nor hindered by recordings that do not fit its registers', () => {
    const alien: Said = { at: 3, counter: 50, kWh: 1 }
    expect(hear([anew(0, 1), alien, anew(5, 2), anew(10, 3)], known).results).toEqual([no, no, no, 'restarted'])
  })

  it('is remembered from its own count on', () => {
    expect(hear([anew(0, 1), { ...anew(5, 2), kWh: 1001 }, { ...anew(10, 3), kWh: 1002 }], known).mark).toMatchObject({
      confirmed: true,
      newest: { kind: 'counter', value: 3 },
      restart: null,
      glimpse: { registers: [{ value: 1002 }, {}] },
    })
  })

  it('can be told by no one where the past of the meter is not known', () => {
    const forgotten = { ...known, glimpse: null }
    expect(hear([anew(0, 1), anew(5, 2), anew(10, 3), anew(20, 4)], forgotten).results).toEqual(new Array(4).fill(no))
  })
})
