import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { reading, readings } from '../support/broker-messages.ts'
import { never, nextTurn, opened, settled } from '../support/broker-sink.ts'

describe('a message on the wire', () => {
  it('goes to the topic of its kind with QoS 1, not retained, as stored', async () => {
    const { broker, sink } = await opened()
    expect(await sink.send([reading(7134347)], never)).toEqual({ results: ['accepted'] })
    expect(broker.messages).toMatchObject([
      { topic: 'varmesky/v1/skorsten-vest/reading/daily/KAM-07134347', qos: 1, retain: false, payload: reading(7134347).body },
    ])
    expect(broker.messages[0]?.properties).toMatchObject({ contentType: 'application/json', payloadFormatIndicator: true })
    expect(broker.messages[0]?.properties).not.toHaveProperty('messageExpiryInterval')
  })

  it('carries prefix and expiry as configured', async () => {
    const { broker, sink } = await opened({}, { prefix: 'heat/test', expirySeconds: 86_400 })
    await sink.send([reading(1)], never)
    expect(broker.messages).toMatchObject([
      { topic: 'heat/test/skorsten-vest/reading/daily/KAM-00000001', properties: { messageExpiryInterval: 86_400 } },
    ])
  })

  it('has no properties in MQTT 3.1.1', async () => {
    const { broker, sink } = await opened({}, { protocol: 4 })
    expect(await sink.send(readings(2), never)).toEqual({ results: ['accepted', 'accepted'] })
    expect(broker.connects[0]?.protocolVersion).toBe(4)
    expect(broker.messages[0]).not.toHaveProperty('properties')
  })

  it('is refused without being sent when its kind has no topic, while the others go', async () => {
    const { broker, sink } = await opened()
    const receipt = await sink.send([reading(1), { ...reading(2), kind: 'constructor' }, reading(3)], never)
    expect(receipt.results).toEqual(['accepted', 'refused', 'accepted'])
    expect(receipt.reason).toContain('constructor')
    expect(broker.messages).toHaveLength(2)
  })

  it('is refused without being sent when it is larger than the broker takes', async () => {
    const { broker, sink } = await opened({ connack: () => ({ properties: { maximumPacketSize: 1_000 } }) })
    const receipt = await sink.send([reading(1), { ...reading(2), body: JSON.stringify('ø'.repeat(500)) }], never)
    expect(receipt.results).toEqual(['accepted', 'refused'])
    expect(receipt.reason).toContain('larger')
    expect(broker.messages).toHaveLength(1)
  })
})

describe('the receipt', () => {
  const CODES = [
    [0x00, 'accepted'],
    [0x10, 'held'],
    [0x80, 'held'],
    [0x83, 'held'],
    [0x87, 'held'],
    [0x90, 'refused'],
    [0x91, 'held'],
    [0x97, 'held'],
    [0x99, 'refused'],
  ] as const

  it.each(CODES)('for PUBACK %i is %s', async (code, verdict) => {
    const { sink } = await opened({ puback: () => code })
    const { results, reason } = await sink.send([reading(1)], never)
    expect(results).toEqual([verdict])
    expect(reason === undefined).toBe(verdict === 'accepted')
  })

  it('says what to check where the user may not publish', async () => {
    const { sink } = await opened({ puback: () => 0x87 })
    expect((await sink.send([reading(1)], never)).reason).toMatch(/not authorised.*access list/)
  })

  it('takes "no subscribers" for success where that is configured, and only that', async () => {
    const { sink } = await opened({ puback: ({ topic }) => (topic.endsWith('1') ? 0x10 : 0x97) }, { noSubscribers: 'accept' })
    expect(await sink.send([reading(1), reading(2)], never)).toMatchObject({ results: ['accepted', 'held'] })
  })

  it('has the right verdict for each message, whatever the order of the answers', async () => {
    let script: readonly (readonly [(typeof CODES)[number], number])[] = []
    const puback = async ({ topic }: { topic: string }): Promise<number> => {
      const [[code], delay] = script[Number(topic.slice(-8)) - 1]!
      for (let i = 0; i < delay; i++) await nextTurn()
      return code
    }
    const { sink } = await opened({ puback })
    const cases = fc.array(fc.tuple(fc.constantFrom(...CODES), fc.nat(8)), { minLength: 1, maxLength: 50 })
    await fc.assert(
      fc.asyncProperty(cases, async (drawn) => {
        script = drawn
        const { results } = await sink.send(readings(drawn.length), never)
        expect(results).toEqual(drawn.map(([[, verdict]]) => verdict))
      }),
      { numRuns: 25 },
    )
  })
})

describe('the window', () => {
  it('never has more than 20 messages under way', async () => {
    const { broker, sink } = await opened({ puback: () => 'silent' })
    sink.send(readings(50), never).catch(() => {})
    await vi.waitFor(() => expect(broker.messages).toHaveLength(20))
    await settled()
    expect(broker.messages).toHaveLength(20)
    expect(broker.maxInFlight()).toBe(20)
  })

  it('keeps to the receive maximum of the broker', async () => {
    const puback = (): Promise<number> => nextTurn().then(() => 0)
    const { broker, sink } = await opened({ connack: () => ({ properties: { receiveMaximum: 5 } }), puback })
    const { results } = await sink.send(readings(200), never)
    expect(results).toEqual(Array(200).fill('accepted'))
    expect(broker.maxInFlight()).toBe(5)
  })
})
