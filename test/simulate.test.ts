import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { connectAsync } from 'mqtt'
import { describe, expect, it } from 'vitest'
import type { DailyReading } from '../src/readings/daily-reading.ts'
import { here, trial } from './cli/cli.ts'
import { startAedes } from './support/broker-aedes.ts'

interface Row {
  readonly meter: string
  readonly day: string
  readonly evidence: string
  readonly energy: string
  readonly unit: string
  readonly volume: string
  readonly corrected: string
}

const box = trial()

/** What a billing system ends with, and the truth beside it. */
async function run(...args: string[]) {
  const broker = await startAedes()
  const url = `mqtt://127.0.0.1:${broker.port}`
  const client = await connectAsync(url, { protocolVersion: 4 })
  const messages: DailyReading[] = []
  client.on('message', (_, payload) => void messages.push(JSON.parse(String(payload))))
  await client.subscribeAsync('varmesky/v1/+/reading/daily/+', { qos: 1 })
  const truth = join(box.directory, 'truth.csv')
  const { status, stderr } = await here('simulate', '--to', url, '--protocol', '4', '--truth', truth, ...args)
  await client.endAsync()
  await broker.stop()
  const ledger = new Map<string, DailyReading>()
  for (const message of messages) {
    const key = `${message.meter.manufacturer}-${message.meter.id} ${message.day}`
    const before = ledger.get(key)
    if (!before || message.precedence > before.precedence) ledger.set(key, message)
  }
  const rows = parse(readFileSync(truth, 'utf8'), { columns: true }) as Row[]
  return { status, stderr, messages, ledger, rows }
}

describe('varmesky simulate', () => {
  it('publishes a city whose ledger is the truth: gaps, early readings, corrections, an exchange, a register that ends, a night of 25 hours', async () => {
    const { status, stderr, messages, ledger, rows } = await run('--meters', '60', '--days', '6', '--from', '2026-10-22', '--seed', '7')
    expect([status, stderr]).toEqual([0, expect.stringMatching(/^\d+ messages for \d+ readings and \d+ gaps\n$/)])
    expect(rows).toHaveLength(60 * 6)
    for (const { meter, day, evidence, energy, unit, volume } of rows) {
      const reading = ledger.get(`${meter} ${day}`)
      if (evidence === 'none') expect(reading, `${meter} ${day}`).toBeUndefined()
      else
        expect([reading?.registers['energy'], reading?.registers['volume']?.value, reading?.evidence.kind], `${meter} ${day}`).toEqual([
          expect.objectContaining({ value: energy, unit }),
          volume,
          evidence,
        ])
    }
    expect(ledger.size).toBe(rows.filter(({ evidence }) => evidence !== 'none').length)
    expect(messages.length).toBeGreaterThan(ledger.size)
    const kinds = new Set(rows.map(({ evidence }) => evidence))
    expect([...kinds].sort()).toEqual(['boundary', 'early', 'none'])
    expect(rows.some(({ corrected }) => corrected === 'true')).toBe(true)
    expect([...ledger.values()].some(({ quality }) => quality.flags.includes('energy.rolled-over'))).toBe(true)
    expect(new Set(rows.filter(({ meter }) => meter === 'SIM-20000001').map(({ day }) => day)).size).toBe(3)
  }, 60_000)

  it('knows the night of 23 hours, and a second gateway', async () => {
    const { ledger, rows, messages } = await run('--meters', '8', '--days', '2', '--from', '2026-03-28', '--seed', '3')
    const heard = rows.filter(({ evidence }) => evidence !== 'none')
    expect(heard.filter(({ day }) => day === '2026-03-29').length).toBeGreaterThan(5)
    for (const { meter, day, energy } of heard) expect(ledger.get(`${meter} ${day}`)?.registers['energy']?.value).toBe(energy)
    expect(ledger.size).toBe(heard.length)
    expect(new Set(messages.map(({ source }) => source.gateway)).size).toBe(2)
  }, 60_000)

  it('is the same city with the same seed', async () => {
    const args = ['--meters', '5', '--days', '2', '--gateways', '1'] as const
    const [first, again, other] = [await run(...args), await run(...args), await run(...args, '--seed', '2')]
    expect(again.rows).toEqual(first.rows)
    expect(other.rows).not.toEqual(first.rows)
    const ids = ({ ledger }: typeof first) => [...ledger.values()].map(({ id }) => id).sort()
    expect(ids(again)).toEqual(ids(first))
  }, 60_000)

  it.each([
    ['a broker that is none', ['--to', 'http://x'], '--to must be mqtts://'],
    ['a day that is none', ['--to', 'mqtt://127.0.0.1:1', '--from', 'soon'], 'is not a day'],
    ['no meters', ['--to', 'mqtt://127.0.0.1:1', '--meters', '0'], 'from 1 to'],
  ])('refuses %s', async (_, args, said) => {
    expect(await here('simulate', ...args)).toMatchObject({ status: 2, stderr: expect.stringContaining(said) })
  })
})
