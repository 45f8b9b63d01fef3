import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { table } from '../../src/cli/table.ts'
import type { DailyReading } from '../../src/readings/daily-reading.ts'
import { hasMosquitto, mosquittoTitle } from '../support/broker-mosquitto.ts'
import { dice, shuffled } from './dice.ts'
import { nameOf } from './journal.ts'
import { type LedgerRow, ledgerOf } from './ledger.ts'
import { KILLS, METERS, type Run, runTwoGateways, type Traces } from './two-gateways.ts'

const seed = Number(process.env['VARMESKY_SEED'] ?? Math.floor(Math.random() * 2 ** 32))

const namesOf = ({ arrivals }: Traces): ReadonlySet<string> => new Set(arrivals.map(nameOf))
const doublesOf = (traces: Traces): number => traces.arrivals.length - namesOf(traces).size
const without = (all: Iterable<string>, known: ReadonlySet<string>): readonly string[] => [...all].filter((name) => !known.has(name))

describe.skipIf(!hasMosquitto)(`two gateways, one of them killed ${KILLS} times, and ${mosquittoTitle}`, () => {
  let run: Run
  let ledger: readonly LedgerRow[]

  beforeAll(async () => {
    console.log(`VARMESKY_SEED=${seed}`)
    run = await runTwoGateways(seed)
    ledger = ledgerOf(run.arrivals)
  }, 480_000)

  afterAll(() => {
    if (run !== undefined) console.log(figures(run, ledger))
  })

  it('loses nothing of what was stored', () => {
    for (const traces of [run.steady, run.victim]) {
      const stored = new Set(traces.outbox.map(nameOf))
      expect(traces.journal.size).toBeGreaterThan(METERS)
      expect(without(traces.journal, stored)).toEqual([])
      expect(without(stored, namesOf(traces))).toEqual([])
    }
  })

  it('publishes nothing that was not stored', () => {
    for (const traces of [run.steady, run.victim]) expect(without(namesOf(traces), traces.journal)).toEqual([])
  })

  it('sends again what a kill left without an acknowledgement, and nothing else', () => {
    expect(doublesOf(run.victim)).toBeGreaterThan(0)
    expect(doublesOf(run.steady)).toBe(0)
  })

  it('leaves billing one reading per meter and day, the same in every order of arrival', () => {
    const random = dice(seed)
    const orders = [run.arrivals.toReversed(), ...Array.from({ length: 20 }, () => shuffled(run.arrivals, random))]
    for (const order of [...orders, shuffled([...run.arrivals, ...run.arrivals], random)]) expect(ledgerOf(order)).toEqual(ledger)
    for (const day of run.days)
      expect([day, ledger.filter((row) => row.day === day)]).toEqual([day, expect.objectContaining({ length: METERS })])
  })

  it('lets no register run backwards from day to day', () => {
    const last = new Map<string, number>()
    for (const { meter, registers } of ledger) {
      const { energy }: DailyReading['registers'] = JSON.parse(registers)
      const value = Number(energy!.value)
      expect(value).toBeGreaterThanOrEqual(last.get(meter) ?? 0)
      last.set(meter, value)
    }
    expect(last.size).toBe(METERS)
  })

  it('leaves both databases whole and ends when told', () => {
    for (const { integrity, exitCode } of [run.steady, run.victim])
      expect({ integrity, exitCode }).toEqual({ integrity: 'ok', exitCode: 0 })
  })
})

const figures = ({ steady, victim, arrivals, killedStarting }: Run, ledger: readonly LedgerRow[]): string => {
  const row = (name: string, traces: Traces) => [name, traces.journal.size, traces.arrivals.length, doublesOf(traces)]
  return [
    table(['GATEWAY', 'JOURNALLED', 'RECEIVED', 'WIRE DUPLICATES'], [row('steady', steady), row('victim', victim)]),
    `${KILLS} kills, ${killedStarting} of them while starting; ${arrivals.length} messages in ${ledger.length} ledger rows`,
  ].join('\n')
}
