import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import { type Habits, loadHabits, storedHabits } from '../../src/memory/habits.ts'
import type { Outcome } from '../../src/outcome.ts'
import { hourOfWeek } from '../../src/readings/day.ts'
import { silent } from '../../src/reports/silent.ts'
import { loadKek } from '../../src/store/meters/kek.ts'
import { openStore } from '../../src/store/open.ts'
import { here, trial } from '../cli/cli.ts'
import { COPENHAGEN, HOUR, memoryInRam } from '../readings/observations.ts'

const local = (utcMs: number): number => hourOfWeek(utcMs, COPENHAGEN)
/** A Monday, 00:00 in Copenhagen, and the days around the end of summer time after it. */
const MONDAY = Date.UTC(2026, 9, 4, 22)
const DAY = 24 * HOUR
const A = 'KAM-00000001'

const outcome = (meter: string, utcMs: number, rssi = -70, receiver = 'stick'): Outcome =>
  ({ kind: 'observation', meter, telegram: { receiver, rssi, heard: { utcMs } } }) as Outcome

/** Every `stepMs` of `ms`, where `sends` says so. */
const hear = (habits: Habits, meter: string, ms: readonly [number, number], stepMs: number, sends = (_: number): boolean => true): void => {
  for (let at = ms[0]; at < ms[1]; at += stepMs) if (sends(at)) habits.outcome!(outcome(meter, at))
}
const look = (habits: Habits, nowMs: number, more: { down?: string[]; low?: string[] } = {}) =>
  silent(
    [...habits.meters].map(([meter, habit]) => ({ meter, installation: null, habit })),
    { nowMs, hourOfWeek: local, down: new Set(more.down), hearings: 6, isPowerLow: (meter) => more.low?.includes(meter) ?? false },
  )
const habits = (): Habits => loadHabits(memoryInRam(), silentLog, local)

test('the hour of the week is local, 0 on Monday at midnight, on both sides of a change of clocks', () => {
  expect([0, HOUR, 7 * DAY - 1, 7 * DAY].map((ms) => local(MONDAY + ms))).toEqual([0, 1, 167, 0])
  expect(local(Date.UTC(2026, 9, 25, 23))).toBe(0)
  expect(local(Date.UTC(2026, 9, 25, 22, 59))).toBe(167)
})

test('a habit is of the receiver that heard the last telegram best', () => {
  const all = habits()
  const again = (utcMs: number, ...rssi: number[]): void => {
    const by = rssi.map((dBm, n) => ({ receiver: `r${n}`, rssi: dBm, relayed: false }))
    const telegram = { receiver: by.at(-1)!.receiver, rssi: by.at(-1)!.rssi, heard: { utcMs } }
    all.outcome!({ kind: by.length === 1 ? 'observation' : 'duplicate', meter: A, telegram, hearing: { by } } as unknown as Outcome)
  }
  const of = () => all.meters.get(A)
  again(MONDAY, -90)
  again(MONDAY, -90, -70)
  expect(of()).toMatchObject({ receiver: 'r1', rssi: -70, usualRssi: -70 })
  again(MONDAY + HOUR, -92)
  again(MONDAY + HOUR, -92, -80, -99)
  expect(of()).toMatchObject({ receiver: 'r1', rssi: -80, usualRssi: -70, lastAt: MONDAY + HOUR })
  again(MONDAY + 2 * HOUR, -92)
  expect(of()!.usualRssi).toBeCloseTo(-70.2)
})

describe('silence', () => {
  test('is six hours in which a meter used to be heard, and not five', () => {
    const all = habits()
    hear(all, A, [MONDAY, MONDAY + 14 * DAY], 10 * 60_000)
    expect(look(all, MONDAY + 14 * DAY + 6 * HOUR - 1)).toEqual([])
    expect(look(all, MONDAY + 14 * DAY + 6 * HOUR)).toMatchObject([{ meter: A, hoursMissed: 6, intervalSeconds: 600, reason: 'removed' }])
  })

  test('is not rest at night and at weekends, over the end of summer time', () => {
    const works = (at: number): boolean => local(at) < 120 && local(at) % 24 >= 8 && local(at) % 24 < 18
    const all = habits()
    for (let at = MONDAY; at < MONDAY + 42 * DAY; at += HOUR / 2) {
      if (at >= MONDAY + 14 * DAY) expect(look(all, at)).toEqual([])
      if (works(at)) all.outcome!(outcome(A, at))
    }
    // Friday 18:00 it goes to rest, and does not wake on Monday: by 14:00 six hours are missed.
    const monday = MONDAY + 42 * DAY + HOUR
    expect(look(all, monday + 14 * HOUR - 1)).toEqual([])
    expect(look(all, monday + 14 * HOUR)).toMatchObject([{ hoursMissed: 6 }])
  })

  test('takes longer to tell of a meter that is heard now and then', () => {
    const all = habits()
    // Every 7 hours: each hour of the week comes in turn.
    hear(all, A, [MONDAY, MONDAY + 70 * DAY], 7 * HOUR)
    const last = all.meters.get(A)!.lastAt
    expect(look(all, last + 24 * HOUR)).toEqual([])
    expect(look(all, last + 60 * HOUR)).toHaveLength(1)
  })
})

describe('the likely reason', () => {
  const END = MONDAY + 7 * DAY
  const city = (last: (all: Habits) => void, quiet = [A]): Habits => {
    const all = habits()
    for (const n of [1, 2, 3, 4, 5]) {
      const meter = `KAM-0000000${n}`
      hear(all, meter, [MONDAY, END + (quiet.includes(meter) ? 0 : DAY)], HOUR)
    }
    last(all)
    return all
  }
  const reasons = (all: Habits, more = {}) => look(all, END + DAY, more).map(({ reason }) => reason)

  test.each([
    ['removed, a strong one', city(() => {}), {}, ['removed']],
    ['radio path, 10 dB down', city((all) => all.outcome!(outcome(A, END, -81))), {}, ['radio-path']],
    ['not 9 dB down', city((all) => all.outcome!(outcome(A, END, -79))), {}, ['removed']],
    ['battery', city(() => {}), { low: [A] }, ['battery']],
    ['its receiver is down', city(() => {}), { down: ['stick'], low: [A] }, ['receiver']],
    ['another receiver is down', city(() => {}), { down: ['roof'] }, ['removed']],
    ['most of a receiver at once', city(() => {}, [A, 'KAM-00000002', 'KAM-00000003']), {}, ['receiver', 'receiver', 'receiver']],
    ['two of five', city(() => {}, [A, 'KAM-00000002']), {}, ['removed', 'removed']],
  ])('%s', (_, all, more, expected) => expect(reasons(all, more)).toEqual(expected))
})

describe('report silent', () => {
  const box = trial()

  test('reads what was written down, where no daemon runs; forgotten meters are gone', async () => {
    const store = openStore({
      directory: join(box.directory, 'state'),
      kek: loadKek(join(box.directory, 'kek')),
      clock: manualClock(MONDAY),
    })
    store.meters.put([1, 2, 3, 9].map((n) => ({ meter: `KAM-0000000${n}` })))
    const all = loadHabits(store.memory, silentLog, local)
    hear(all, A, [MONDAY, MONDAY + 7 * DAY], HOUR)
    for (const n of [2, 3]) hear(all, `KAM-0000000${n}`, [MONDAY, MONDAY + 8 * DAY], HOUR)
    all.save()
    expect(storedHabits(store.memory).get(A)).toMatchObject({ lastAt: MONDAY + 7 * DAY - HOUR, hoursPerHearing: 1, usualRssi: -70 })
    all.forget('KAM-00000003')
    all.save()
    expect([...storedHabits(store.memory).keys()]).toEqual([A, 'KAM-00000002'])
    store.close()
    const found = JSON.parse((await here('--config', box.file, 'report', 'silent', '--json')).stdout)
    expect(found).toMatchObject({ daemon: false, heardEver: 2, heardNever: 2, meters: [{ meter: A, hoursMissed: 23, reason: 'removed' }] })
    expect((await here('--config', box.file, 'report', 'silent')).stdout).toContain('The daemon is not running')
  })
})
