import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectAsync, type MqttClient } from 'mqtt'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { here, trial } from '../cli/cli.ts'
import { JAVASCRIPT, ledgerBySql, ledgerIn, PYTHON_MQTT, pythonConsumer, startConsumer } from '../contract/consumers.ts'
import { startAedes } from '../support/broker-aedes.ts'
import { hasMosquitto, type Mosquitto, mosquittoTitle, startMosquitto } from '../support/broker-mosquitto.ts'
import { dice, shuffled } from './dice.ts'

interface Message {
  readonly topic: string
  readonly body: string
}

/** What two gateways over the same city publish. */
const cityOf = async (): Promise<readonly Message[]> => {
  const broker = await startAedes()
  const url = `mqtt://127.0.0.1:${broker.port}`
  const client = await connectAsync(url, { protocolVersion: 4 })
  const messages: Message[] = []
  client.on('message', (topic, payload) => void messages.push({ topic, body: String(payload) }))
  await client.subscribeAsync('varmesky/v1/+/reading/daily/+', { qos: 1 })
  await here('simulate', '--to', url, '--protocol', '4', '--meters', '25', '--days', '4', '--from', '2026-10-23', '--seed', '7')
  await client.endAsync()
  await broker.stop()
  return messages
}

const publishAll = async (client: MqttClient, messages: readonly Message[]): Promise<void> => {
  for (const { topic, body } of messages) await client.publishAsync(topic, body, { qos: 1 })
}

const consumers = [JAVASCRIPT, ...(PYTHON_MQTT === undefined ? [] : [pythonConsumer(PYTHON_MQTT)])]

describe.skipIf(!hasMosquitto)(`the example consumers (${consumers.map(({ name }) => name).join(', ')}) behind ${mosquittoTitle}`, () => {
  trial()
  let directory: string
  let broker: Mosquitto
  const children: ReturnType<typeof startConsumer>[] = []
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'varmesky-consumers-'))
    broker = await startMosquitto({ lines: ['max_queued_messages 0'] })
  })
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL')
    await broker.stop()
    rmSync(directory, { recursive: true })
  })

  it('end with the same ledger: broker killed, messages doubled, out of order, everything sent again', { timeout: 180_000 }, async () => {
    const messages = await cityOf()
    const truth = ledgerBySql(
      join(directory, 'truth.db'),
      messages.map(({ body }) => body),
    )
    expect(truth.length).toBeGreaterThan(60)
    const databases = consumers.map(({ name }) => join(directory, `${name}.db`))
    for (const [i, consumer] of consumers.entries()) children.push(startConsumer(consumer, consumer.broker(broker.port), databases[i]!))
    const ledgerOrNothing = (database: string): readonly string[] => {
      try {
        return ledgerIn(database)
      } catch {
        return []
      }
    }
    const client = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, { protocolVersion: 5, reconnectPeriod: 200 })
    client.on('error', () => {})
    const random = dice(7)
    const half = messages.length >> 1
    // Until both are there: whoever finds no broker at its start ends.
    while (databases.some((database) => ledgerOrNothing(database).length === 0)) {
      await publishAll(client, shuffled(messages, random).slice(0, half))
      await sleep(200)
    }
    await broker.restart()
    await publishAll(client, shuffled([...messages, ...messages], random).slice(0, half))
    await broker.restart()
    // What a broker loses when it is killed is lost to whoever was away: the gateway sends everything again until it is confirmed.
    while (databases.some((database) => String(ledgerOrNothing(database)) !== String(truth))) {
      await publishAll(client, shuffled(messages, random))
      await sleep(500)
    }
    await publishAll(client, messages.toReversed())
    await sleep(1_000)
    await client.endAsync()
    for (const database of databases) expect(ledgerIn(database)).toEqual(truth)
  })
})
