import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { boundaryOf, evidenceOf } from '../../src/readings/candidate.ts'
import { dailyReading } from '../../src/readings/close.ts'
import { endOfDay, startOfDay } from '../../src/readings/day.ts'
import { COPENHAGEN, MINUTE, stream } from '../readings/observations.ts'
import { feedConsumer, JAVASCRIPT, ledgerBySql, ledgerIn, PYTHON, pythonConsumer } from './consumers.ts'

const DAYS = ['2026-10-24', '2026-10-25', '2026-10-26']
const quality = () => ({ state: 'valid', flags: [] }) as const

/** What two gateways that overlap tell of three days: each reading by one of them, or by both. */
const bodies: readonly string[] = DAYS.flatMap((day) => {
  const boundary = boundaryOf(day, COPENHAGEN, 15 * MINUTE)
  const heard = stream(startOfDay(day, COPENHAGEN), boundary.utcMs, endOfDay(day, COPENHAGEN))
  return fc
    .sample(heard, { numRuns: 12, seed: 7 })
    .flat()
    .filter((o) => evidenceOf(o, boundary) !== null)
    .flatMap((o, i) =>
      (i % 3 === 0 ? ['west', 'east'] : [i % 3 === 1 ? 'west' : 'east']).map((gateway) =>
        JSON.stringify(dailyReading(o, { boundary, gateway, installation: null, include: ['registers', 'status'], quality })),
      ),
    )
})
const day = readFileSync(new URL('../../docs/mqtt/examples/day.json', import.meta.url), 'utf8').replace(/\n\s*/g, '')

const consumers = [JAVASCRIPT, ...(PYTHON === undefined ? [] : [pythonConsumer(PYTHON)])]

describe.each(consumers)('the consumer in $name', (consumer) => {
  let directory: string
  let truth: readonly string[]
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'varmesky-consumer-'))
    truth = ledgerBySql(join(directory, 'truth.db'), bodies)
  })
  afterAll(() => rmSync(directory, { recursive: true }))

  it('is thirty lines or less', () => {
    expect(readFileSync(consumer.command[1]!, 'utf8').trim().split('\n').length).toBeLessThanOrEqual(30)
  })

  it('keeps what the one statement keeps, in any order, doubled, with everything sent again, and nothing of other messages', {
    timeout: 60_000,
  }, async () => {
    expect(truth.length).toBeGreaterThanOrEqual(DAYS.length)
    const database = join(directory, `${consumer.name}.db`)
    const [shuffled] = fc.sample(fc.shuffledSubarray([...bodies, ...bodies, day], { minLength: bodies.length * 2 + 1 }), {
      numRuns: 1,
      seed: 3,
    })
    expect(await feedConsumer(consumer, database, shuffled!)).toBe(0)
    expect(ledgerIn(database)).toEqual(truth)
    expect(await feedConsumer(consumer, database, bodies.toReversed())).toBe(0)
    expect(ledgerIn(database)).toEqual(truth)
  })
})
