import { connectAsync } from 'mqtt'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type ManualClock, manualClock, now } from '../../src/clock.ts'
import { loadConfig } from '../../src/config.ts'
import { type Gateway, startGateway } from '../../src/gateway.ts'
import { silentLog } from '../../src/log.ts'
import { here, trial } from '../cli/cli.ts'
import { problemsAt } from '../contract/contract.ts'
import { type AedesBroker, startAedes } from '../support/broker-aedes.ts'
import { integer, join, record, shortHeader, stripped } from '../support/telegrams.ts'

const MINUTE = 60_000
const come = (assert: () => void): Promise<void> => vi.waitFor(assert, { timeout: 15_000, interval: 20 })
const METERS = ['LUG-10000001', 'LUG-10000002', 'LUG-10000003'] as const

const telegram = (meter: string, kWh: number): Uint8Array => {
  const sender = { manufacturer: 'LUG', id: meter.slice(4), version: 4, type: 4 }
  const records = [
    record('0406', integer(kWh, 4)),
    record('0413', integer(1_234, 4)),
    record('0259', integer(7_090, 2)),
    record('0226', integer(kWh, 2)),
  ]
  return stripped(sender, shortHeader(sender, join(...records), { accessNumber: kWh & 0xff }))
}

describe('telemetry', () => {
  const box = trial()
  let broker: AedesBroker
  beforeAll(async () => {
    broker = await startAedes()
  })
  afterAll(() => broker.stop())

  interface Message {
    readonly topic: string
    readonly body: string
    readonly retain: boolean
  }

  /** A gateway with that telemetry, and who listens to the broker; `hear` lets it hear a meter, `told` all that came but the status. */
  const scene = async (telemetry: object) => {
    box.write(
      'varmesky.yaml',
      JSON.stringify({
        ...{ gateway: 'box', stateDirectory: 'state', runtimeDirectory: '.', kekFile: './kek' },
        mqtt: { url: `mqtt://127.0.0.1:${broker.port}`, protocol: 4, telemetry },
      }),
    )
    const messages: Message[] = []
    const client = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, { protocolVersion: 4 })
    client.on('message', (topic, payload, { retain }) => void messages.push({ topic, body: String(payload), retain }))
    await client.subscribeAsync('#', { qos: 1 })
    const clock: ManualClock = manualClock(Date.UTC(2026, 10, 23, 12))
    const gateway: Gateway = await startGateway({
      ...{ config: box.config(), clock, log: silentLog, version: '1.2.3', kek: null, receivers: [], control: false },
    })
    gateway.store.meters.put(METERS.slice(0, 2).map((meter) => ({ meter })))
    await come(() => expect(gateway.status().sinks).toMatchObject([{ connected: true }]))
    const told = () => messages.filter(({ topic }) => !topic.endsWith('/status'))
    return {
      ...{ clock, gateway, told, client },
      hear: (meter: string, kWh: number) =>
        gateway.receive({ bytes: telegram(meter, kWh), crc: 'stripped', heard: now(clock), receiver: 'mast', rssi: null, mode: null }),
      async end(): Promise<void> {
        await gateway.stop()
        await client.endAsync()
      },
    }
  }
  const telemetryOf = (messages: readonly Message[]) =>
    messages
      .filter(({ topic }) => topic.includes('/telemetry/'))
      .map(({ topic, body }) => `${topic.split('/').at(-1)} ${JSON.parse(body).registers.energy.value}`)

  it('is sent of each meter once in its interval, of registered ones only, as the contract says', async () => {
    const { clock, hear, told, end } = await scene({ every: '15m', meters: { [METERS[1]]: '1m' } })
    for (let n = 0; n <= 31; n++) {
      for (const meter of METERS) hear(meter, 100 + n)
      clock.advance(MINUTE)
    }
    await come(() => expect(telemetryOf(told())).toHaveLength(3 + 32))
    const messages = told()
    expect(telemetryOf(messages).filter((text) => text.startsWith(METERS[0]))).toEqual([100, 115, 130].map((n) => `${METERS[0]} ${n}`))
    expect(messages.flatMap(({ topic, body }) => problemsAt(topic, body))).toEqual([])
    expect(messages.some(({ retain, topic }) => retain || topic.startsWith('homeassistant'))).toBe(false)
    await end()
  })

  it('is of named meters only where there is no interval for all, and none at all without it', async () => {
    const { hear, told, end } = await scene({ meters: { [METERS[1]]: '1m' } })
    for (const meter of METERS) hear(meter, 7)
    await come(() => expect(telemetryOf(told())).toEqual([`${METERS[1]} 7`]))
    await end()
  })

  it('announces each meter to Home Assistant, retained, and takes it away with the meter', async () => {
    const { clock, gateway, hear, told, client, end } = await scene({ every: '10s', homeAssistant: {} })
    hear(METERS[0], 1)
    clock.advance(MINUTE / 6)
    hear(METERS[0], 2)
    await come(() => expect(telemetryOf(told())).toHaveLength(2))
    const devices = () => told().filter(({ topic }) => topic.startsWith('homeassistant/'))
    await come(() => expect(devices()).toHaveLength(1))
    const [device] = devices()
    expect(device!.topic).toBe('homeassistant/device/box_LUG-10000001/config')
    expect(problemsAt(device!.topic, device!.body)).toEqual([])
    const { components, state_topic, availability } = JSON.parse(device!.body)
    expect(components.energy).toMatchObject({
      ...{ platform: 'sensor', unique_id: 'box_LUG-10000001_energy', unit_of_measurement: 'kWh' },
      ...{ device_class: 'energy', state_class: 'total_increasing' },
    })
    expect(components.volume).toMatchObject({ unit_of_measurement: 'm³', device_class: 'volume', state_class: 'total_increasing' })
    expect(components.flowTemperature).toMatchObject({ unit_of_measurement: '°C', device_class: 'temperature', state_class: 'measurement' })
    expect([state_topic, availability[0].topic]).toEqual([`varmesky/v1/box/telemetry/${METERS[0]}`, 'varmesky/v1/box/status'])
    expect(told().find(({ topic }) => topic.includes('/telemetry/'))!.topic).toBe(state_topic)

    const later = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, { protocolVersion: 4 })
    const kept: string[] = []
    later.on('message', (topic, _, { retain }) => void (retain && kept.push(topic)))
    await later.subscribeAsync('#')
    await come(() => expect(kept).toContain(device!.topic))
    expect(kept.some((topic) => topic.includes('/telemetry/'))).toBe(false)
    await later.endAsync()

    gateway.store.meters.remove(METERS[0])
    await come(() => expect(devices().at(-1)).toMatchObject({ topic: device!.topic, body: '' }))
    expect(client.connected).toBe(true)
    await end()
  })
})

describe('the settings of telemetry', () => {
  const box = trial()
  const problems = (telemetry: object) => {
    box.write('varmesky.yaml', JSON.stringify({ gateway: 'box', mqtt: { url: 'mqtt://b', telemetry } }))
    const loaded = loadConfig(box.file)
    return 'problems' in loaded ? loaded.problems.join('\n') : ''
  }
  it('need an interval of all meters or of some, are no more often than every ten seconds, and are shown as they are written', async () => {
    expect(problems({ every: '15m' })).toBe('')
    expect(problems({})).toContain('needs every, or meters, or both')
    expect(problems({ every: '5s' })).toContain('must be between 10s and 1d')
    expect(problems({ meters: { school: '1m' } })).toContain('KAM-07134347')
    expect(problems({ every: '15m', meters: { 'KAM-07134347': '90s' } })).toBe('')
    const { stdout } = await here('--config', box.file, 'config', 'show', '--json')
    expect(JSON.parse(stdout).mqtt.telemetry).toEqual({ every: '15m', meters: { 'KAM-07134347': '90s' } })
  })
})
