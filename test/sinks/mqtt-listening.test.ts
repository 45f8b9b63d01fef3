import { connectAsync } from 'mqtt'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import { mqttSink } from '../../src/sinks/mqtt.ts'
import { testMqtt } from '../../src/sinks/mqtt-test.ts'
import type { Incoming, Receive } from '../../src/sinks/sink.ts'
import { reading } from '../support/broker-messages.ts'
import { hasMosquitto, type Mosquitto, mosquittoTitle, startMosquitto } from '../support/broker-mosquitto.ts'
import { NOON, never } from '../support/broker-sink.ts'

/** Of a machine with other work. */
const PATIENCE = { timeout: 15_000 }

const RECEIPT = 'varmesky/v1/west/receipt'

describe.skipIf(!hasMosquitto)(`what billing says through ${mosquittoTitle}`, () => {
  let broker: Mosquitto
  beforeAll(async () => {
    broker = await startMosquitto()
  })
  afterAll(() => broker.stop())

  const sinkTo = (receive: Receive, protocol: 4 | 5 = 5) => {
    const options = {
      url: `mqtt://127.0.0.1:${broker.port}`,
      gateway: 'west',
      version: '1',
      protocol,
      channels: ['receipt', 'request'] as const,
    }
    const sink = mqttSink(options, { clock: manualClock(NOON), log: silentLog, receive })
    onTestFinished(() => sink.close())
    return sink
  }
  const billing = async () => {
    const client = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, { protocolVersion: 5 })
    onTestFinished(() => client.endAsync(true))
    return client
  }

  it.each([4, 5] as const)('comes also when it was said while the gateway was away (protocol %i)', async (protocol) => {
    const heard: string[] = []
    const sink = sinkTo(({ body }) => {
      heard.push(Buffer.from(body).toString())
      return null
    }, protocol)
    await sink.open(never)
    await sink.close()
    await (await billing()).publishAsync(RECEIPT, `while away ${protocol}`, { qos: 1 })
    await sink.open(never)
    await vi.waitFor(() => expect(heard).toEqual([`while away ${protocol}`]), PATIENCE)
    // Not once more: it was acknowledged.
    await sink.close()
    await sink.open(never)
    expect((await sink.send([{ ...reading(1), kind: 'none' }], never)).results).toEqual(['refused'])
    expect(heard).toHaveLength(1)
  })

  it('costs no line where it cannot be taken: what was not confirmed is sent and confirmed again', async () => {
    const lost = vi.fn()
    const heard: string[] = []
    const sink = sinkTo((incoming) => {
      heard.push(Buffer.from(incoming.body).toString())
      if (heard.length === 1) throw new Error('the disk refuses')
      return null
    })
    await sink.open(never, lost)
    const client = await billing()
    for (const text of ['first', 'second']) await client.publishAsync(RECEIPT, text, { qos: 1 })
    await vi.waitFor(() => expect(heard).toEqual(['first', 'second']), PATIENCE)
    expect(lost).not.toHaveBeenCalled()
  })

  it('is answered where it says, with what must stand in the answer', async () => {
    let asked: Incoming | undefined
    const sink = sinkTo((incoming) => {
      asked = incoming
      return '{"ok":true}'
    })
    await sink.open(never)
    const client = await billing()
    await client.subscribeAsync('billing/answers', { qos: 1 })
    const answer = new Promise((resolve) =>
      client.on('message', (topic, payload, { properties }) =>
        resolve([topic, payload.toString(), properties?.correlationData?.toString()]),
      ),
    )
    const properties = {
      responseTopic: 'billing/answers',
      correlationData: Buffer.from('no. 7'),
      userProperties: { signature: 'ab12' },
    }
    await client.publishAsync('varmesky/v1/west/request', '{}', { qos: 1, properties })
    expect(await answer).toEqual(['billing/answers', '{"ok":true}', 'no. 7'])
    expect(asked).toMatchObject({ channel: 'request', responseTopic: 'billing/answers', signature: 'ab12' })
  })

  it.each([true, false])('is a receipt of the test message, if it comes (%s)', async (answers) => {
    const client = await billing()
    await client.subscribeAsync('varmesky/v1/west/test', { qos: 1 })
    client.on('message', (_, payload) => {
      const { id } = JSON.parse(payload.toString())
      if (answers) client.publish(RECEIPT, JSON.stringify({ schema: 'varmesky.receipt/1', ids: [id] }), { qos: 1 })
    })
    const clock = manualClock(NOON)
    const seen = new Promise((resolve) => client.once('message', resolve))
    const testing = testMqtt({ url: `mqtt://127.0.0.1:${broker.port}`, gateway: 'west', version: '1' }, clock, true)
    await seen
    const over = testing.then(() => true)
    while (!answers && !(await Promise.race([over, new Promise((resolve) => setTimeout(resolve, 20, false))]))) clock.advance(10_000)
    expect(await testing).toMatchObject({ reasonCode: 0, verdict: 'accepted', receipt: answers })
  })
})
