import { pbkdf2Sync } from 'node:crypto'
import { describe, expect, it, onTestFinished } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import { mqttSink } from '../../src/sinks/mqtt.ts'
import type { MqttOptions } from '../../src/sinks/mqtt-options.ts'
import type { Sink } from '../../src/sinks/sink.ts'
import { startAedes } from '../support/broker-aedes.ts'
import { reading, readings } from '../support/broker-messages.ts'
import { hasMosquitto, type Mosquitto, type MosquittoSetup, mosquittoTitle, startMosquitto } from '../support/broker-mosquitto.ts'
import { subscriber } from '../support/broker-subscriber.ts'

const never = new AbortController().signal

const sinkTo = (url: string, options: Partial<MqttOptions> = {}): Sink => {
  const clock = manualClock(Date.UTC(2026, 10, 24, 12))
  const sink = mqttSink({ url, gateway: 'skorsten-vest', version: '1.2.3', ...options }, { clock, log: silentLog })
  onTestFinished(() => sink.close())
  return sink
}

const mosquitto = async (setup?: MosquittoSetup): Promise<Mosquitto> => {
  const broker = await startMosquitto(setup)
  onTestFinished(() => broker.stop())
  return broker
}

const consumer = async (port: number): ReturnType<typeof subscriber> => {
  const client = await subscriber(`mqtt://127.0.0.1:${port}`)
  onTestFinished(() => client.end())
  return client
}

const state = (body: string): string => (JSON.parse(body) as { state: string }).state

describe.each([
  ['aedes, MQTT 3.1.1', true, 4, startAedes],
  [`${mosquittoTitle}, MQTT 3.1.1`, hasMosquitto, 4, startMosquitto],
  [`${mosquittoTitle}, MQTT 5`, hasMosquitto, 5, startMosquitto],
] as const)('%s', (_, installed, protocol, start) => {
  it.runIf(installed)('delivers every message to a subscriber as it was stored', async () => {
    const broker = await start()
    onTestFinished(() => broker.stop())
    const billing = await consumer(broker.port)
    const sink = sinkTo(`mqtt://127.0.0.1:${broker.port}`, { protocol })
    await sink.open(never)
    const { results } = await sink.send(readings(50), never)
    expect(results).toEqual(Array(50).fill('accepted'))
    await billing.first(({ topic }) => topic === 'varmesky/v1/skorsten-vest/reading/daily/KAM-00000050')
    const bodies = billing.received.filter(({ topic }) => topic.includes('/reading/')).map(({ body }) => body)
    expect(bodies.sort()).toEqual(readings(50).map(({ body }) => body))
  })

  it.runIf(installed)('keeps the status for whoever comes later', async () => {
    const broker = await start()
    onTestFinished(() => broker.stop())
    const sink = sinkTo(`mqtt://127.0.0.1:${broker.port}`, { protocol })
    await sink.open(never)
    const early = await consumer(broker.port)
    const online = await early.first(({ topic }) => topic === 'varmesky/v1/skorsten-vest/status')
    expect([state(online.body), online.retain]).toEqual(['online', true])
    await sink.close()
    await early.first(({ body }) => state(body) === 'offline')
    const late = await consumer(broker.port)
    expect(await late.first(({ topic }) => topic.endsWith('/status'))).toMatchObject({
      retain: true,
      body: expect.stringContaining('offline'),
    })
  })

  it.runIf(installed)('tells by the last will that the line was cut', async () => {
    const broker = await start()
    onTestFinished(() => broker.stop())
    const billing = await consumer(broker.port)
    const sink = sinkTo(`mqtt://127.0.0.1:${broker.port}`, { protocol })
    await sink.open(never)
    await sink.send([reading(1)], AbortSignal.abort(new Error('cut'))).catch(() => {})
    expect(state((await billing.first(({ body }) => state(body) === 'offline')).body)).toBe('offline')
  })
})

describe('aedes, which does not speak MQTT 5', () => {
  it('makes the sink say what to set', async () => {
    const broker = await startAedes()
    onTestFinished(() => broker.stop())
    await expect(sinkTo(`mqtt://127.0.0.1:${broker.port}`).open(never)).rejects.toThrow('set mqtt.protocol to 4')
  })
})

describe(mosquittoTitle, () => {
  it.runIf(hasMosquitto)('without a subscriber has the message held', async () => {
    const { port } = await mosquitto()
    const sink = sinkTo(`mqtt://127.0.0.1:${port}`)
    await sink.open(never)
    expect(await sink.send([reading(1)], never)).toMatchObject({
      results: ['held'],
      reason: expect.stringContaining('nobody is subscribed'),
    })
  })

  it.runIf(hasMosquitto)('that is killed loses the line, and has the next batch after it is opened again', async () => {
    const broker = await mosquitto()
    let lost: Error | undefined
    const sink = sinkTo(`mqtt://127.0.0.1:${broker.port}`, { noSubscribers: 'accept' })
    await sink.open(never, (error) => {
      lost = error
    })
    await broker.restart()
    await expect(sink.send([reading(1)], never)).rejects.toThrow()
    expect(lost).toBeDefined()
    await sink.open(never)
    expect(await sink.send([reading(1)], never)).toEqual({ results: ['accepted'] })
  })

  it.runIf(hasMosquitto)('with a password lets in who knows it', async () => {
    const { port } = await mosquitto({
      lines: ['allow_anonymous false', 'password_file users'],
      files: { users: passwordLine('vest', 'hunter2') },
    })
    const url = `mqtt://127.0.0.1:${port}`
    await expect(sinkTo(url, { user: 'vest', password: () => 'wrong' }).open(never)).rejects.toThrow(
      /not authorised|wrong user or password/,
    )
    await sinkTo(url, { user: 'vest', password: () => 'hunter2' }).open(never)
  })

  it.runIf(hasMosquitto)('with an access list has what may not be published held, and says so', async () => {
    const { port } = await mosquitto({ lines: ['acl_file access'], files: { access: 'topic write varmesky/v1/skorsten-vest/status\n' } })
    const sink = sinkTo(`mqtt://127.0.0.1:${port}`)
    await sink.open(never)
    expect(await sink.send([reading(1)], never)).toMatchObject({ results: ['held'], reason: expect.stringContaining('not authorised') })
  })
})

/** A line of mosquitto's password file: PBKDF2 with SHA-512. */
function passwordLine(user: string, password: string): string {
  const salt = Buffer.from('twelve bytes')
  const hash = pbkdf2Sync(password, salt, 101, 64, 'sha512')
  return `${user}:$7$101$${salt.toString('base64')}$${hash.toString('base64')}\n`
}
