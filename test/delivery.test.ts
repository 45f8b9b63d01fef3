import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { silentLog } from '../src/log.ts'
import type { Outgoing, Receipt } from '../src/sinks/sink.ts'
import { accept, bench, DAY, MINUTE, meterOf, NOON, pass, puppet, startOfDay, stopped, turns } from './support/delivery-bench.ts'

describe('delivery', () => {
  it('sends what was stored before and after, oldest first, and settles it', async () => {
    const { clock, outbox, store, start } = bench()
    store(0, 205)
    const sink = puppet()
    const delivery = start(sink)
    await turns()
    expect(sink.batches.map((batch) => batch.length)).toEqual([100, 100, 5])
    expect(sink.batches.flat()).toEqual(Array.from({ length: 205 }, (_, n) => n))
    store(205, 207)
    await turns()
    expect(sink.batches.at(-1)).toEqual([205, 206])
    expect(outbox.state('puppet')).toMatchObject({ live: 0, backlog: 0, held: 0, refused: 0, everDelivered: true })
    expect(delivery.state()).toMatchObject([{ sink: 'puppet', live: 0, connected: true, since: NOON, trouble: null }])
    await pass(clock, 10 * MINUTE, MINUTE)
    expect(sink.batches).toHaveLength(4)
    expect(sink.opens).toBe(1)
  })

  it('serves every sink for itself', async () => {
    const { clock, outbox, store, start } = bench()
    store(0, 3)
    const good = { ...puppet(), name: 'good' }
    const bad = puppet({ open: () => Promise.reject(new Error('no way out')) })
    const delivery = start(bad, { sinks: [bad, good] })
    await pass(clock, 5_000)
    expect(good.batches.flat()).toEqual([0, 1, 2])
    expect(delivery.state()).toMatchObject([
      { sink: 'puppet', live: 3, connected: false, trouble: { reason: 'no way out' } },
      { sink: 'good', live: 0, connected: true },
    ])
    expect(outbox.state('good').everDelivered).toBe(true)
  })

  it('lets today take turns with the backlog of an outage', async () => {
    const { clock, store, start } = bench()
    store(0, 300)
    clock.advanceTo(NOON + DAY)
    store(1000, 1300)
    const sink = puppet()
    start(sink)
    await turns()
    expect(sink.batches.map(([first]) => first)).toEqual([1000, 0, 1100, 100, 1200, 200])
  })

  it('divides live from backlog each time it opens and when a day begins', async () => {
    const { clock, outbox, start } = bench()
    const split = vi.spyOn(outbox, 'split')
    const sink = puppet()
    start(sink)
    await pass(clock, 2 * DAY, 10 * MINUTE)
    sink.lose(new Error('gone'))
    await pass(clock, 2_000)
    const today = startOfDay(NOON)
    expect(split.mock.calls.map(([, since]) => since - today)).toEqual([0, DAY, 2 * DAY, 2 * DAY])
  })

  it('delivers while the time is not known', async () => {
    const { clock, store, start } = bench()
    clock.setUtc(null)
    store(0, 3)
    const sink = puppet({
      send: (batch) => ({ results: batch.map((message) => (meterOf(message) === 1 ? 'held' : 'accepted')), reason: 'later' }),
    })
    const delivery = start(sink)
    await pass(clock, 10 * MINUTE, MINUTE)
    expect(sink.batches).toEqual([[0, 1, 2]])
    expect(delivery.state()).toMatchObject([{ connected: true, since: null, held: 1, trouble: { reason: 'later', at: null } }])
    clock.setUtc(NOON)
    await pass(clock, 2 * MINUTE, MINUTE)
    expect(sink.batches.slice(1)).toEqual([[1]])
  })
})

describe('a message', () => {
  it('whose batch broke the line is sent again', async () => {
    const { clock, outbox, store, start } = bench()
    store(0, 20)
    let broken = true
    const send = (batch: readonly Outgoing[]): Receipt => {
      if (broken) throw new Error('the line broke')
      return accept(batch)
    }
    const sink = puppet({ send })
    const delivery = start(sink)
    await turns()
    expect(outbox.state('puppet').live).toBe(20)
    expect(delivery.state()).toMatchObject([{ connected: false, trouble: { reason: 'the line broke', at: NOON } }])
    broken = false
    await pass(clock, 5_000)
    expect(sink.batches.slice(1).flat()).toEqual(Array.from({ length: 20 }, (_, n) => n))
    expect(delivery.state()).toMatchObject([{ live: 0, connected: true, since: NOON + 1_000, trouble: { reason: 'the line broke' } }])
  })

  it('that is held is tried again after five minutes, not before', async () => {
    const { clock, outbox, store, start } = bench()
    store(0, 3)
    let held = true
    const send = (batch: readonly Outgoing[]): Receipt =>
      held ? { results: batch.map(() => 'held'), reason: 'nobody is subscribed' } : accept(batch)
    const sink = puppet({ send })
    const delivery = start(sink)
    await pass(clock, 5 * MINUTE - 1_000)
    expect(sink.batches).toHaveLength(1)
    expect(delivery.state()).toMatchObject([{ live: 0, held: 3, trouble: { reason: 'nobody is subscribed', at: NOON } }])
    held = false
    await pass(clock, MINUTE + 1_000)
    expect(sink.batches).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ])
    expect(outbox.state('puppet').held).toBe(0)
  })

  it('stands for all that are held while nobody wants any of them', async () => {
    const { clock, outbox, store, start } = bench()
    store(0, 500)
    let held = true
    const send = (batch: readonly Outgoing[]): Receipt => (held ? { results: batch.map(() => 'held') } : accept(batch))
    const sink = puppet({ send })
    start(sink)
    await pass(clock, 7 * MINUTE)
    expect(sink.batches.slice(5)).toHaveLength(1)
    held = false
    await pass(clock, 7 * MINUTE)
    expect(outbox.state('puppet').held).toBe(0)
  })

  it('that is refused is never sent again', async () => {
    const { clock, outbox, store, start } = bench()
    store(0, 3)
    const error = vi.fn()
    const sink = puppet({
      send: (batch) => ({ results: batch.map((m) => (meterOf(m) === 1 ? 'refused' : 'accepted')), reason: 'not JSON' }),
    })
    start(sink, { log: { ...silentLog, error } })
    await pass(clock, 20 * MINUTE, MINUTE)
    expect(sink.batches).toEqual([[0, 1, 2]])
    expect(outbox.state('puppet')).toMatchObject({ live: 0, held: 0, refused: 1 })
    expect(error).toHaveBeenCalledExactlyOnceWith({ sink: 'puppet', refused: 1, reason: 'not JSON' }, expect.any(String))
  })

  it('that breaks the line every time is held, and the others pass', async () => {
    const { clock, outbox, store, start } = bench()
    store(0, 150)
    const send = (batch: readonly Outgoing[]): Receipt => {
      if (batch.some((message) => meterOf(message) === 13)) throw new Error('the line broke')
      return accept(batch)
    }
    const delivered = new Set<number>()
    const sink = puppet({
      send: (batch) => {
        const receipt = send(batch)
        for (const message of batch) delivered.add(meterOf(message))
        return receipt
      },
    })
    start(sink)
    await pass(clock, 5 * MINUTE)
    expect(delivered.size).toBe(149)
    expect(outbox.state('puppet')).toMatchObject({ live: 0, held: 1, refused: 0 })
  })

  it('is accepted, held or refused, and never two of them or none', async () => {
    const verdict = fc.constantFrom('accepted', 'held', 'refused')
    await fc.assert(
      fc.asyncProperty(fc.array(verdict, { minLength: 1, maxLength: 250 }), async (verdicts) => {
        const { clock, outbox, store, start } = bench()
        store(0, verdicts.length)
        const sink = puppet({ send: (batch) => ({ results: batch.map((message) => verdicts[meterOf(message)]!) }) })
        const delivery = start(sink)
        await turns()
        await stopped(delivery, clock)
        const count = (wanted: string): number => verdicts.filter((drawn) => drawn === wanted).length
        expect(outbox.state('puppet')).toMatchObject({ live: 0, backlog: 0, held: count('held'), refused: count('refused') })
        expect(sink.batches.flat()).toEqual(verdicts.map((_, n) => n))
        const due = outbox.due('puppet', NOON + 6 * MINUTE, 1_000).map(meterOf)
        expect(due).toEqual(verdicts.flatMap((drawn, n) => (drawn === 'held' ? n : [])))
      }),
      { numRuns: 10 },
    )
  })

  it('ends up where its verdict says, whatever the others get', async () => {
    const verdict = fc.constantFrom('accepted', 'held', 'refused', 'broken')
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(verdict, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 60 }), async (fates) => {
        const { clock, outbox, store, start } = bench()
        store(0, fates.length)
        const asked = fates.map(() => 0)
        const last = fates.map(() => '')
        const next = (n: number): string => fates[n]![asked[n]!++] ?? 'accepted'
        const send = (batch: readonly Outgoing[]): Receipt => {
          const drawn = batch.map((message) => next(meterOf(message)))
          if (drawn.includes('broken')) throw new Error('the line broke')
          for (const [i, message] of batch.entries()) last[meterOf(message)] = drawn[i]!
          return { results: drawn as Receipt['results'] }
        }
        const delivery = start(puppet({ send }))
        for (let hours = 0; hours < 24 && outbox.state('puppet').live + outbox.state('puppet').held > 0; hours++)
          await pass(clock, 60 * MINUTE, MINUTE)
        await stopped(delivery, clock)
        expect(last.filter((v) => v === 'accepted').length + last.filter((v) => v === 'refused').length).toBe(fates.length)
        expect(outbox.state('puppet')).toMatchObject({ live: 0, backlog: 0, held: 0, refused: last.filter((v) => v === 'refused').length })
      }),
      { numRuns: 10 },
    )
  })
})
