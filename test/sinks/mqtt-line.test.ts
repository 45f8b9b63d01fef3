import { describe, expect, it, vi } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import { mqttSink } from '../../src/sinks/mqtt.ts'
import { freePort } from '../support/broker.ts'
import { reading, readings } from '../support/broker-messages.ts'
import { NOON, never, opened, settled, setUp, sinkTo } from '../support/broker-sink.ts'

describe('a broker that never acknowledges', () => {
  it('is left after 30 seconds, and a new connection starts empty', async () => {
    const answers = { puback: 'silent' as const as number | 'silent' }
    const { broker, clock, sink } = await opened({ puback: () => answers.puback })
    const sent = sink.send(readings(25), never)
    await vi.waitFor(() => expect(broker.messages).toHaveLength(20))
    clock.advance(30_000)
    await expect(sent).rejects.toThrow(/did not acknowledge a message within 30 s/)
    await vi.waitFor(() => expect(broker.openConnections()).toBe(0))
    answers.puback = 0
    await sink.open(never)
    expect(await sink.send([reading(99)], never)).toEqual({ results: ['accepted'] })
    expect(broker.messages.slice(20)).toMatchObject([{ topic: expect.stringContaining('KAM-00000099') }])
  })

  it('does not keep open waiting for ever, nor close', async () => {
    const { broker, clock, sink } = await setUp({ deaf: true })
    const opening = sink.open(never)
    await vi.waitFor(() => expect(broker.statuses).toHaveLength(1))
    const closing = sink.close()
    await vi.waitFor(() => expect(broker.statuses).toHaveLength(2))
    clock.advance(2_000)
    await closing
    await expect(opening).rejects.toThrow(/did not acknowledge/)
    await vi.waitFor(() => expect(broker.openConnections()).toBe(0))
  })
})

describe('a broker that keeps its side of the line open', () => {
  it('cannot keep close waiting', async () => {
    const { broker, clock, sink } = await opened({ clingy: true })
    const closing = sink.close()
    await vi.waitFor(() => expect(broker.others).toMatchObject([{ cmd: 'disconnect' }]))
    clock.advance(1_000)
    await closing
  })
})

describe('a connection', () => {
  const REFUSALS = [
    [0x84, 'set mqtt.protocol to 4'],
    [0x85, 'a name of its own'],
    [0x86, 'check mqtt.user and the password'],
    [0x87, 'not authorised'],
    [0x88, 'not available'],
    [0x97, 'quota'],
    [0x9a, 'retained'],
    [0xff, '0xff'],
  ] as const

  it.each(REFUSALS)('refused with CONNACK %i says what to try, and the next one may succeed', async (reasonCode, text) => {
    const { broker, sink } = await setUp({ connack: (n) => (n === 1 ? { reasonCode } : {}) })
    await expect(sink.open(never)).rejects.toThrow(text)
    await settled()
    expect(broker.connects).toHaveLength(1)
    await sink.open(never)
    expect(await sink.send([reading(1)], never)).toEqual({ results: ['accepted'] })
  })

  it.each([
    [1, 'set mqtt.protocol to 4'],
    [4, 'wrong user or password'],
    [5, 'not authorised'],
  ])('refused by MQTT 3.1.1 with %i says what to try', async (returnCode, text) => {
    const { sink } = await setUp({ connack: () => ({ returnCode }) }, { protocol: 4 })
    await expect(sink.open(never)).rejects.toThrow(text)
  })

  it('to a port where nothing listens says so', async () => {
    await expect(sinkTo(await freePort(), manualClock(NOON)).open(never)).rejects.toThrow(/nothing listens there/)
  })

  it('is given up after 30 seconds without CONNACK', async () => {
    const { broker, clock, sink } = await setUp({ connack: () => 'silent' })
    const opening = sink.open(never)
    opening.catch(() => {})
    await vi.waitFor(() => expect(broker.openConnections()).toBe(1))
    clock.advance(30_000)
    await expect(opening).rejects.toThrow(/no answer/)
  })

  it('shows user and password to the broker alone, and asks for the password each time', async () => {
    const password = vi.fn(() => 'hunter2')
    const { broker, sink } = await setUp({ connack: () => ({ reasonCode: 0x86 }) }, { user: 'vest', password })
    const error = await sink.open(never).catch((e: unknown) => e)
    await sink.open(never).catch(() => {})
    expect(broker.connects[1]).toMatchObject({
      username: 'vest',
      password: Buffer.from('hunter2'),
      clean: true,
      clientId: 'varmesky-skorsten-vest',
    })
    expect(password).toHaveBeenCalledTimes(2)
    expect(String(error)).not.toContain('hunter2')
  })

  it.each([
    'mqtt://vest:hunter2@broker:1883',
    'mqtts://hunter2@broker',
    'http://broker',
    'broker:hunter2',
    'mqtt://broker/hunter2',
    'mqtt://broker?password=hunter2',
  ])('to %s is refused without repeating it', (url) => {
    const error = (() => {
      try {
        return mqttSink({ url, gateway: 'x', version: '1' }, { clock: manualClock(null), log: silentLog })
      } catch (e) {
        return e
      }
    })()
    expect(error).toBeInstanceOf(Error)
    expect(String(error)).toMatch(/mqtt\.url must/)
    expect(String(error)).not.toContain('hunter2')
  })

  it('without encryption is refused where a certificate authority is set', () => {
    expect(() => sinkTo(1883, manualClock(NOON), { ca: '/etc/varmesky/ca.pem' })).toThrow('set mqtt.url to mqtts://')
  })

  it('names the certificate file it cannot read', async () => {
    const sink = sinkTo(await freePort(), manualClock(NOON), { url: 'mqtts://127.0.0.1', ca: '/nowhere/ca.pem' })
    await expect(sink.open(never)).rejects.toThrow('cannot read mqtt.ca at /nowhere/ca.pem (ENOENT)')
  })
})

describe('a line that breaks', () => {
  it('while idle is told, once, and the next send rejects until it is opened again', async () => {
    const { broker, sink } = await setUp()
    const onLost = vi.fn()
    await sink.open(never, onLost)
    broker.kick()
    await vi.waitFor(() => expect(onLost).toHaveBeenCalledOnce())
    await expect(sink.send([reading(1)], never)).rejects.toThrow(/cut the line/)
    expect(broker.messages).toHaveLength(0)
    await sink.open(never)
    expect(await sink.send([reading(1)], never)).toEqual({ results: ['accepted'] })
    expect(onLost).toHaveBeenCalledOnce()
  })

  it('is not told of its own close', async () => {
    const { sink } = await setUp()
    const onLost = vi.fn()
    await sink.open(never, onLost)
    await sink.close()
    await settled()
    expect(onLost).not.toHaveBeenCalled()
  })

  it('with a DISCONNECT says why', async () => {
    const { broker, sink } = await setUp()
    const onLost = vi.fn()
    await sink.open(never, onLost)
    broker.kick(0x8e)
    await vi.waitFor(() => expect(onLost).toHaveBeenCalledOnce())
    expect(String(onLost.mock.calls[0]?.[0])).toContain('another client took over')
  })

  it('at a PUBACK that MQTT 5 does not know says what that may mean', async () => {
    const { sink } = await opened({ puback: () => 0x95 })
    await expect(sink.send([reading(1)], never)).rejects.toThrow(/larger than the broker allows/)
  })

  it('rejects the batch under way', async () => {
    const { sink } = await opened({ puback: ({ topic }) => (topic.endsWith('07') ? 'drop' : 0) })
    await expect(sink.send(readings(20), never)).rejects.toThrow()
  })
})

describe('a signal', () => {
  it('that aborts ends open at once', async () => {
    const { broker, sink } = await setUp({ connack: () => 'silent' })
    const abort = new AbortController()
    const opening = sink.open(abort.signal)
    await vi.waitFor(() => expect(broker.openConnections()).toBe(1))
    abort.abort(new Error('enough'))
    await expect(opening).rejects.toThrow('enough')
    await vi.waitFor(() => expect(broker.openConnections()).toBe(0))
  })

  it('that aborts ends send at once', async () => {
    const { broker, sink } = await opened({ puback: () => 'silent' })
    const abort = new AbortController()
    const sending = sink.send(readings(3), abort.signal)
    await vi.waitFor(() => expect(broker.messages).toHaveLength(3))
    abort.abort(new Error('enough'))
    await expect(sending).rejects.toThrow('enough')
    await vi.waitFor(() => expect(broker.openConnections()).toBe(0))
  })
})

describe('the status', () => {
  const status = (packet: { payload: string | Buffer } | undefined): unknown => JSON.parse(String(packet?.payload))

  it('is online while connected and offline by last will or good-bye, retained', async () => {
    const { broker, clock, sink } = await setUp()
    clock.advance(90_500)
    await sink.open(never)
    const topic = 'varmesky/v1/skorsten-vest/status'
    expect(broker.statuses[0]).toMatchObject({ topic, qos: 1, retain: true })
    const head = { schema: 'varmesky.status/1', gateway: 'skorsten-vest' }
    expect(status(broker.statuses[0])).toEqual({ ...head, state: 'online', startedAt: '2026-11-24T12:00:00Z', version: '1.2.3' })
    const { will } = broker.connects[0]!
    expect(will).toMatchObject({ topic, qos: 1, retain: true })
    expect(status(will)).toEqual({ ...head, state: 'offline' })
    await sink.close()
    expect(broker.statuses[1]).toMatchObject({ topic, qos: 1, retain: true })
    expect(status(broker.statuses[1])).toEqual({ ...head, state: 'offline' })
    expect(broker.others).toMatchObject([{ cmd: 'disconnect' }])
  })

  it('leaves the start open while the time is not known', async () => {
    const { broker, clock, sink } = await setUp()
    clock.setUtc(null)
    await sink.open(never)
    expect(status(broker.statuses[0])).toMatchObject({ state: 'online', startedAt: null })
  })
})
