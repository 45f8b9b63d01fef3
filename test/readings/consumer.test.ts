import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { evidenceOf } from '../../src/readings/candidate.ts'
import { dailyReading, draft } from '../../src/readings/close.ts'
import { endOfDay, startOfDay } from '../../src/readings/day.ts'
import { Sqlite } from '../../src/store/disk/sqlite.ts'
import { COPENHAGEN, MINUTE, stream } from './observations.ts'

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const [createTable, upsert] = read('examples/consumer.sql').split(/(?<=;)\n/)

const DAY = '2026-11-23'
const boundary = { day: DAY, utcMs: endOfDay(DAY, COPENHAGEN), toleranceMs: 15 * MINUTE, timeZone: COPENHAGEN }
const quality = () => ({ state: 'valid', flags: [] }) as const
const context = { boundary, installation: null, include: ['registers'], quality } as const

/** Messages of one day as two gateways might send them, the one after the other had a better ear. */
const messages = stream(startOfDay(DAY, COPENHAGEN), boundary.utcMs, boundary.utcMs).chain((heard) =>
  fc.array(fc.constantFrom('west', 'east'), { minLength: heard.length, maxLength: heard.length }).map((gateways) =>
    heard
      .map((o, i) => ({ o, gateway: gateways[i]! }))
      .filter(({ o }) => evidenceOf(o, boundary) !== null)
      .map(({ o, gateway }) => draft(dailyReading(o, { ...context, gateway }))),
  ),
)

it('the one statement of the example keeps the same readings in every order of arrival, doubled or not', () => {
  const arrivals = messages.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2 })))
  fc.assert(
    fc.property(arrivals, ([sent, arrived]) => {
      const db = new Sqlite(':memory:')
      db.exec(createTable!)
      const insert = db.prepare(upsert!)
      for (const { meter, day, id, precedence, body } of arrived) insert.run({ meter, day, id, precedence, body })
      const kept = db.prepare('SELECT meter, day, id, precedence FROM reading ORDER BY meter').all()
      db.close()

      const best = new Map<string, (typeof sent)[number]>()
      for (const m of sent) {
        const other = best.get(m.meter!)
        if (!other || m.precedence! > other.precedence! || (m.precedence === other.precedence && m.id > other.id)) best.set(m.meter!, m)
      }
      const expected = [...best.keys()].sort().map((meter) => best.get(meter)!)
      expect(kept).toEqual(expected.map(({ meter, day, id, precedence }) => ({ meter, day, id, precedence })))
    }),
  )
})

it('the documentation shows that very statement', () => {
  expect(read('docs/readings.md')).toContain(upsert!.trim())
})
