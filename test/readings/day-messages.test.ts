import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import { startDayMessages } from '../../src/readings/day-messages.ts'
import { type DaySummary, digestOf } from '../../src/readings/day-summary.ts'
import { Sqlite } from '../../src/store/disk/sqlite.ts'
import { openStore } from '../../src/store/open.ts'
import type { Draft } from '../../src/store/outbox/messages.ts'
import type { Store } from '../../src/store/store.ts'
import { temporaryDirectory } from '../store/state.ts'

const DAY = '2026-11-23'
const CLOSING = Date.UTC(2026, 10, 24, 1)
const nameOf = (n: number): string => `KAM-${String(n).padStart(8, '0')}`
const hash = (text: string): string => createHash('sha256').update(text).digest('hex')

const reading = (n: number, precedence = 2_999_999, content = 'a'): Draft => {
  const meter = nameOf(n)
  const id = `${meter}/${DAY}/${hash(content).slice(0, 12)}`
  const kind = precedence < 2_000_000 ? 'early' : 'boundary'
  const body = JSON.stringify({ id, evidence: { kind }, quality: { state: content === 'odd' ? 'suspect' : 'valid' } })
  return { kind: 'reading.daily', id, meter, day: DAY, precedence, body }
}

const setUp = (registered: number) => {
  const clock = manualClock(CLOSING)
  const store = openStore({ directory: temporaryDirectory(), kek: null, clock })
  onTestFinished(() => store.close())
  store.meters.put(Array.from({ length: registered }, (_, n) => ({ meter: nameOf(n) })))
  const start = () => startDayMessages({ clock, log: silentLog, gateway: 'west', timeZone: 'Europe/Copenhagen', ...store })
  const put = (...drafts: Draft[]): void => {
    drafts.forEach(store.outbox.add)
    store.outbox.flush()
  }
  return { clock, store, start, put }
}
const issues = (store: Store): DaySummary[] => store.days.summaries(DAY).map(({ body }) => JSON.parse(body))

describe('the message of a day', () => {
  it('counts readings, names what is missing, and has the digest of the ids', () => {
    const { store, start, put } = setUp(5)
    put(reading(0), reading(1, 1_900_000), reading(2, 2_999_000, 'odd'))
    start().closing(DAY)
    const ids = [reading(0), reading(1), reading(2, 1, 'odd')].map(({ id }) => id)
    expect(issues(store)).toEqual([
      {
        schema: 'varmesky.day/1',
        gateway: 'west',
        day: DAY,
        closedAt: '2026-11-24T01:00:00Z',
        issue: 1,
        expected: 5,
        published: 3,
        evidence: { 'meter-stored': 0, boundary: 2, early: 1 },
        states: { valid: 2, suspect: 1 },
        missing: [nameOf(3), nameOf(4)],
        missingCount: 2,
        digest: { algorithm: 'SHA-256', of: expect.stringContaining('sorted bytewise'), value: hash(`${ids.join('\n')}\n`) },
      },
    ])
  })

  it('names a hundred missing meters at most, and counts all', () => {
    const { store, start } = setUp(250)
    start().closing(DAY)
    const [summary] = issues(store)
    expect(summary).toMatchObject({ expected: 250, published: 0, missingCount: 250, digest: { value: hash('') } })
    expect(summary!.missing).toHaveLength(100)
  })

  it('comes once, however often the day is closed', () => {
    const { store, start, put } = setUp(2)
    put(reading(0))
    const messages = start()
    messages.closing(DAY)
    messages.closing(DAY)
    expect(issues(store)).toHaveLength(1)
  })

  it('comes again a minute after better or more readings, once for all of them', () => {
    const { clock, store, start, put } = setUp(3)
    put(reading(0), reading(1))
    start().closing(DAY)
    put(reading(0, 12_999_999, 'corrected'))
    put(reading(2))
    clock.advance(59_999)
    expect(issues(store)).toHaveLength(1)
    clock.advance(1)
    expect(issues(store)).toMatchObject([{ issue: 2, published: 3, missingCount: 0, closedAt: '2026-11-24T01:00:00Z' }, { issue: 1 }])
    put(reading(0, 1_000_000, 'worse'))
    clock.advance(120_000)
    expect(issues(store)).toHaveLength(2)
  })

  it('is not made for a day that has not closed', () => {
    const { clock, store, start, put } = setUp(3)
    start()
    put(reading(0))
    clock.advance(120_000)
    expect(issues(store)).toEqual([])
  })

  it('comes again for what was stored while no daemon ran', () => {
    const { clock, store, start, put } = setUp(3)
    put(reading(0))
    const first = start()
    first.closing(DAY)
    first.stop()
    put(reading(1))
    // The same file, but a daemon that has not heard of it.
    clock.advance(1)
    start()
    clock.advance(60_000)
    expect(issues(store)).toMatchObject([{ issue: 2, published: 2 }, { issue: 1 }])
  })

  it('does not expect of a closed day the meters that came later', () => {
    const { clock, store, start, put } = setUp(2)
    start().closing(DAY)
    clock.advance(3_600_000)
    store.meters.put([{ meter: nameOf(77) }])
    put(reading(0))
    clock.advance(60_000)
    expect(issues(store)).toMatchObject([{ issue: 2, expected: 2, missing: [nameOf(1)] }, { issue: 1 }])
  })
})

describe('the digest', () => {
  const read = (path: string): string => readFileSync(new URL(`../../examples/${path}`, import.meta.url), 'utf8')
  const [createTable, upsert] = read('consumer.sql').split(/(?<=;)\n/)
  const select = /^SELECT id .*;$/m.exec(read('day-digest.sql'))![0]

  it('is what billing has from the table of the example, by the one line for SQLite', () => {
    const directory = temporaryDirectory()
    let n = 0
    const arrived = fc.array(fc.tuple(fc.nat(20), fc.integer({ min: 1, max: 4 }), fc.constantFrom('a', 'b', 'c')), { maxLength: 60 })
    fc.assert(
      fc.property(arrived, (drawn) => {
        const { store, put } = setUp(0)
        const sent = drawn.map(([meter, precedence, content]) => reading(meter, precedence, content))
        put(...sent)
        const file = join(directory, `${n++}.db`)
        const db = new Sqlite(file)
        db.exec(createTable!)
        for (const { kind: _, ...row } of sent.reverse()) db.prepare(upsert!).run(row)
        const ids = db.prepare<[{ day: string }], { id: string }>(select).all({ day: DAY })
        db.close()
        const digest = hash(ids.map(({ id }) => `${id}\n`).join(''))
        expect(digestOf(store.days.kept(DAY).map(({ id }) => id))).toBe(digest)
      }),
      { numRuns: 25 },
    )
  })

  it('is the same by the shell', () => {
    const ids = [3, 1, 2].map((meter) => reading(meter).id)
    const sum = execFileSync('sh', ['-c', 'LC_ALL=C sort | sha256sum'], { input: `${ids.join('\n')}\n`, encoding: 'utf8' })
    expect(sum.slice(0, 64)).toBe(digestOf(ids))
  })
})
