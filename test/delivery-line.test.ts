import { describe, expect, it, vi } from 'vitest'
import { silentLog } from '../src/log.ts'
import type { Outgoing, Receipt } from '../src/sinks/sink.ts'
import { bench, MINUTE, NOON, pass, puppet, turns } from './support/delivery-bench.ts'

describe('the back-off', () => {
  const attempts = async (random: number, forMs: number): Promise<number[]> => {
    const { clock, start } = bench()
    const at: number[] = []
    const open = (): Promise<void> => {
      at.push(clock.monotonicMs())
      return Promise.reject(new Error('no way out'))
    }
    start(puppet({ open }), { random: () => random })
    await pass(clock, forMs, 500)
    return at.slice(1).map((ms, i) => (ms - at[i]!) / 1_000)
  }

  it('doubles from 1 second to 5 minutes', async () => {
    expect(await attempts(0.5, 1_200_000)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300])
  })

  it('has a jitter of half of it, and never exceeds 5 minutes', async () => {
    expect((await attempts(0, 20_000)).slice(0, 4)).toEqual([0.5, 1, 2, 4])
    const longest = await attempts(0.999_999, 1_200_000)
    expect(longest.map(Math.round).slice(0, 4)).toEqual([2, 3, 6, 12])
    expect(Math.max(...longest)).toBeLessThanOrEqual(300.5)
  })

  it('starts over once something was delivered, or the line held for a minute', async () => {
    const { clock, store, start } = bench()
    let broken = true
    const sink = puppet({ open: () => (broken ? Promise.reject(new Error('no way out')) : Promise.resolve()) })
    start(sink)
    const recover = async (): Promise<void> => {
      broken = false
      await pass(clock, 5 * MINUTE)
      broken = true
    }
    const opensAfterLoss = async (): Promise<number> => {
      const before = sink.opens
      sink.lose(new Error('gone'))
      await pass(clock, 4_000)
      return sink.opens - before
    }
    await pass(clock, 2 * MINUTE)
    await recover()
    expect(await opensAfterLoss()).toBe(2)
    store(0, 1)
    await recover()
    expect(await opensAfterLoss()).toBe(2)
  })

  it('goes on where the line breaks as soon as it is open', async () => {
    const { clock, start } = bench()
    const sink = puppet({ open: async () => void setImmediate(() => sink.lose(new Error('taken over'))) })
    start(sink)
    await pass(clock, 2 * MINUTE)
    expect(sink.opens).toBe(7)
  })
})

describe('a line that breaks while idle', () => {
  it('is opened again', async () => {
    const { clock, start } = bench()
    const sink = puppet()
    const delivery = start(sink)
    await pass(clock, 2 * MINUTE, MINUTE)
    sink.lose(new Error('gone'))
    await turns()
    expect(delivery.state()).toMatchObject([{ connected: false, since: NOON + 2 * MINUTE, trouble: { reason: 'gone' } }])
    await pass(clock, 1_000)
    expect(sink.opens).toBe(2)
    expect(delivery.state()).toMatchObject([{ connected: true, since: NOON + 2 * MINUTE + 1_000 }])
  })
})

describe('the log', () => {
  it('says a trouble once for each time the line is lost', async () => {
    const { clock, start } = bench()
    let broken = true
    const warn = vi.fn()
    const sink = puppet({ open: () => (broken ? Promise.reject(new Error('no way out')) : Promise.resolve()) })
    start(sink, { log: { ...silentLog, warn } })
    const outages = [warn.mock.calls.length]
    for (let outage = 0; outage < 2; outage++) {
      broken = true
      sink.lose(new Error('no way out'))
      await pass(clock, 5 * MINUTE)
      outages.push(warn.mock.calls.length)
      broken = false
      await pass(clock, 5 * MINUTE)
    }
    expect(outages).toEqual([0, 1, 2])
  })
})

describe('a stop', () => {
  it('lets the batch under way end, and closes', async () => {
    const { clock, outbox, store, start } = bench()
    store(0, 5)
    let answer: (receipt: Receipt) => void = () => {}
    const close = vi.fn(async () => {})
    const sink = { ...puppet({ send: () => new Promise<Receipt>((resolve) => (answer = resolve)) }), close }
    const delivery = start(sink)
    await turns()
    const stopping = delivery.stop()
    await pass(clock, 1_000)
    answer({ results: Array(5).fill('accepted') })
    await stopping
    expect(outbox.state('puppet').live).toBe(0)
    expect(close).toHaveBeenCalledOnce()
  })

  it('cuts a batch that does not end, which is sent again at the next start', async () => {
    const { clock, outbox, store, start } = bench()
    store(0, 5)
    const send = (_: readonly Outgoing[], signal: AbortSignal): Promise<Receipt> =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    const delivery = start(puppet({ send }))
    await turns()
    const stopping = delivery.stop()
    await pass(clock, 2_000)
    await stopping
    expect(outbox.state('puppet').live).toBe(5)
    const sink = puppet()
    start(sink)
    await turns()
    expect(sink.batches).toEqual([[0, 1, 2, 3, 4]])
  })

  it('leaves behind what cannot even be cut', async () => {
    const { clock, store, start } = bench()
    store(0, 5)
    const delivery = start(puppet({ send: () => new Promise(() => {}) }))
    await turns()
    const stopping = delivery.stop()
    await pass(clock, 6_000)
    await stopping
  })

  it('does not wait for a back-off', async () => {
    const { clock, start } = bench()
    const sink = puppet({ open: () => Promise.reject(new Error('no way out')) })
    const delivery = start(sink)
    await pass(clock, 10_000)
    const { opens } = sink
    await delivery.stop()
    await pass(clock, 5 * MINUTE, MINUTE)
    expect(sink.opens).toBe(opens)
  })
})
