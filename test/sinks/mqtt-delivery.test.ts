import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Delivery } from '../../src/delivery.ts'
import { silentLog } from '../../src/log.ts'
import { mqttSink } from '../../src/sinks/mqtt.ts'
import type { MqttOptions } from '../../src/sinks/mqtt-options.ts'
import { type PubackScript, type Script, type ScriptedBroker, scriptedBroker } from '../support/broker.ts'
import { startAedes } from '../support/broker-aedes.ts'
import { hasMosquitto, mosquittoTitle, startMosquitto } from '../support/broker-mosquitto.ts'
import { type Subscriber, subscriber } from '../support/broker-subscriber.ts'
import { type Bench, bench, pass, stopped, turns } from '../support/delivery-bench.ts'

const scripted = async (script: Script): Promise<ScriptedBroker> => {
  const broker = await scriptedBroker(script)
  onTestFinished(() => broker.close())
  return broker
}

const deliver = ({ clock, start }: Bench, port: number, options: Partial<MqttOptions> = {}): Delivery =>
  start(mqttSink({ url: `mqtt://127.0.0.1:${port}`, gateway: 'vest', version: '1', ...options }, { clock, log: silentLog }))

const left = ({ outbox }: Bench): number => {
  const { live, backlog, held } = outbox.state('mqtt')
  return live + backlog + held
}

/** Lets time pass, step by step, until nothing is left to deliver. */
const drained = async (desk: Bench, stepMs = 1_000): Promise<void> => {
  for (let steps = 0; left(desk) > 0; steps++) {
    if (steps === 36_000) throw new Error(`still not delivered: ${JSON.stringify(desk.outbox.state('mqtt'))}`)
    await pass(desk.clock, stepMs, stepMs)
  }
}

/** The numbers of the meters that a broker acknowledged with success. */
const keepingBook = (answer: (meter: number) => PubackScript): { accepted: Set<number>; puback: NonNullable<Script['puback']> } => {
  const accepted = new Set<number>()
  return {
    accepted,
    puback({ topic }) {
      const meter = Number(topic.slice(-8))
      const puback = answer(meter)
      if (puback === 0) accepted.add(meter)
      return puback
    },
  }
}

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n)
const inOrder = (numbers: Iterable<number>): readonly number[] => [...new Set(numbers)].sort((a, b) => a - b)
const metersOf = ({ received }: Subscriber): readonly number[] =>
  inOrder(received.filter(({ topic }) => topic.includes('/reading/')).map(({ topic }) => Number(topic.slice(-8))))

describe('nothing is lost', () => {
  it('through a broker that answers anything, drops the line, or says nothing', async () => {
    const moods = fc.record({ seed: fc.integer(), drop: fc.nat(8), silent: fc.nat(2), held: fc.nat(20), connack: fc.nat(50) })
    await fc.assert(
      fc.asyncProperty(moods, async ({ seed, drop, silent, held, connack }) => {
        const dice = randomFrom(seed)
        const answer = (meter: number): PubackScript => {
          if (meter % 41 === 7) return 0x99
          const thrown = dice() * 100
          if (thrown < drop) return 'drop'
          if (thrown < drop + silent) return 'silent'
          return thrown < drop + silent + held ? [0x10, 0x80, 0x83, 0x87, 0x97][Math.floor(dice() * 5)]! : 0
        }
        const book = keepingBook(answer)
        const broker = await scripted({
          puback: book.puback,
          connack: () => ({ reasonCode: dice() * 100 < connack ? [0x87, 0x88, 0x97][Math.floor(dice() * 3)]! : 0 }),
        })
        const desk = bench()
        desk.store(0, 60)
        const delivery = deliver(desk, broker.port)
        await pass(desk.clock, 5_000)
        desk.store(60, 90)
        await drained(desk, 10_000)
        await stopped(delivery, desk.clock)
        expect(inOrder(book.accepted)).toEqual(upTo(90).filter((n) => n % 41 !== 7))
        expect(desk.outbox.state('mqtt').refused).toBe(upTo(90).filter((n) => n % 41 === 7).length)
        expect(broker.maxInFlight()).toBeLessThanOrEqual(20)
      }),
      { numRuns: 3 },
    )
  }, 60_000)

  it('through a broker that acknowledges nothing for an hour', async () => {
    let deaf = true
    const book = keepingBook(() => (deaf ? 'silent' : 0))
    const broker = await scripted({ puback: book.puback })
    const desk = bench()
    desk.store(0, 30)
    deliver(desk, broker.port)
    await pass(desk.clock, 3_600_000)
    // 30 s until it is left, and then at most 5 min.
    expect(broker.connects.length).toBeGreaterThanOrEqual(10)
    expect(broker.openConnections()).toBeLessThanOrEqual(1)
    expect(book.accepted.size).toBe(0)
    deaf = false
    await drained(desk)
    expect(inOrder(book.accepted)).toEqual(upTo(30))
  })

  it('where the connection is refused for an hour, with few attempts', async () => {
    let refusing = true
    const book = keepingBook(() => 0)
    const broker = await scripted({ puback: book.puback, connack: () => (refusing ? { reasonCode: 0x88 } : {}) })
    const desk = bench()
    desk.store(0, 30)
    deliver(desk, broker.port)
    await pass(desk.clock, 3_600_000)
    expect(broker.connects.length).toBeGreaterThan(15)
    expect(broker.connects.length).toBeLessThan(22)
    refusing = false
    await drained(desk)
    expect(inOrder(book.accepted)).toEqual(upTo(30))
  })

  it('where another client with the same name keeps taking over', async () => {
    const book = keepingBook(() => 0)
    const broker = await scripted({ puback: book.puback })
    const desk = bench()
    const delivery = deliver(desk, broker.port)
    for (let minute = 0; minute < 60; minute++) {
      desk.store(minute, minute + 1)
      broker.kick(0x8e)
      await pass(desk.clock, 60_000, 5_000)
    }
    await drained(desk)
    expect(inOrder(book.accepted)).toEqual(upTo(60))
    expect(delivery.state()).toMatchObject([{ trouble: { reason: expect.stringContaining('another client took over') } }])
  })
})

describe('aedes', () => {
  it('that goes away and comes back gets everything', async () => {
    let broker = await startAedes()
    const { port } = broker
    const desk = bench()
    deliver(desk, port, { protocol: 4 })
    desk.store(0, 50)
    await drained(desk)
    await broker.stop()
    desk.store(50, 120)
    await pass(desk.clock, 20_000)
    expect(left(desk)).toBe(70)
    broker = await startAedes({ port })
    onTestFinished(() => broker.stop())
    const billing = await subscriber(`mqtt://127.0.0.1:${port}`)
    onTestFinished(() => billing.end())
    await drained(desk)
    await vi.waitFor(() => expect(metersOf(billing)).toEqual(upTo(120).slice(50)), 5_000)
  })
})

describe(mosquittoTitle, () => {
  it.runIf(hasMosquitto)('gets everything through kill -9 again and again', async () => {
    const broker = await startMosquitto()
    onTestFinished(() => broker.stop())
    const desk = bench()
    deliver(desk, broker.port, { noSubscribers: 'accept' })
    for (let kills = 0; kills < 3; kills++) {
      desk.store(kills * 100, (kills + 1) * 100)
      await turns(10)
      await broker.restart()
    }
    await drained(desk, 100)
    expect(desk.outbox.state('mqtt')).toMatchObject({ live: 0, backlog: 0, held: 0, refused: 0 })
  })

  it.runIf(hasMosquitto)('without a subscriber keeps everything back until there is one', async () => {
    const broker = await startMosquitto()
    onTestFinished(() => broker.stop())
    const desk = bench()
    desk.store(0, 100)
    deliver(desk, broker.port)
    while (desk.outbox.state('mqtt').held < 100) await turns()
    const billing = await subscriber(`mqtt://127.0.0.1:${broker.port}`)
    onTestFinished(() => billing.end())
    await drained(desk)
    const delivered = new Set(
      billing.received.filter(({ topic }) => topic.includes('/reading/')).map(({ topic }) => Number(topic.slice(-8))),
    )
    expect(inOrder(delivered)).toEqual(upTo(100))
  })
})

/** Mulberry32: the same numbers for the same seed, so that a failure can be played again. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
