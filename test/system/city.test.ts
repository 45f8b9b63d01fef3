import { beforeAll, describe, expect, it } from 'vitest'
import { hasMosquitto, mosquittoTitle } from '../support/broker-mosquitto.ts'
import { dayNumber } from './city/calendar.ts'
import { type Outcome, runCity } from './city/run.ts'
import { judge, type Verdict } from './city/verdict.ts'

const METERS = 500
const DAYS = 31
const HOUR_MS = 3_600_000

describe.skipIf(!hasMosquitto)(`${METERS} meters over ${DAYS} days with the night of 25 hours, behind ${mosquittoTitle}`, () => {
  let outcome: Outcome
  let verdict: Verdict
  beforeAll(async () => {
    const restarts = [
      { day: 3, afterMs: HOUR_MS / 8 },
      { day: 15, afterMs: 13 * HOUR_MS },
    ]
    outcome = await runCity({ meters: METERS, days: DAYS, from: dayNumber('2026-10-10'), seed: 1, restarts })
    verdict = judge(outcome)
  }, 900_000)

  it('end with a ledger in which every reading is the truth, and every gap was told', () => {
    expect(verdict.problems).toEqual([])
    expect(verdict.right + verdict.gaps).toBe(METERS * DAYS)
  })

  it('had losses, damage, doubles, neighbours and ends of months in them', () => {
    const { outcomes, telegrams } = outcome
    expect(verdict.gaps).toBeGreaterThan(1_000)
    expect(verdict.late).toBeGreaterThan(10)
    for (const kind of ['observation', 'duplicate', 'fault', 'unlisted', 'refused']) expect(outcomes[kind]).toBeGreaterThan(METERS - 1)
    expect(Object.values(outcomes).reduce((a, b) => a + b)).toBe(telegrams)
  })

  it('is told apart from one in which a reading is wrong, and from one in which a gap is not told', () => {
    const { standing, days } = outcome.ledger
    const [key, right] = [...standing][0]!
    const of = (ledger: Partial<Outcome['ledger']>) => judge({ ...outcome, ledger: { ...outcome.ledger, ...ledger } }).problems
    expect(of({ standing: new Map([...standing, [key, { ...right, state: '1 kWh, 1.00 m3' }]]) })).toHaveLength(1)
    const [day, told] = [...days][5]!
    expect(of({ days: new Map([...days, [day, told.map((issue) => ({ ...issue, missing: issue.missing.slice(1) }))]]) })).toHaveLength(2)
  })
})
