/**
 * Frames → pipeline → SQLite → a real mosquitto's PUBACK: the meters of a small town are heard shortly before midnight, then
 * the day closes and all its readings go out at once. The clock is moved by hand; disk, broker and wire are real.
 * A process of its own, told how many meters: so its memory is its own, and it spoils no other figure.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectAsync } from 'mqtt'
import { type ManualClock, manualClock, now } from '../src/clock.ts'
import { fileSchema } from '../src/config/schema.ts'
import { type Gateway, startGateway } from '../src/gateway.ts'
import { identify } from '../src/identity.ts'
import { silentLog } from '../src/log.ts'
import { closesAt, endOfDay } from '../src/readings/day.ts'
import { meterName } from '../src/wmbus/address.ts'
import { address, frame } from '../src/wmbus/decode.ts'
import { hasMosquitto, startMosquitto } from '../test/support/broker-mosquitto.ts'
import { type Sample, samples } from './telegrams.ts'

const DAY = '2026-11-23'
const TIME_ZONE = 'Europe/Copenhagen'
/** Long enough between two telegrams of a meter: one alone proves no key. */
const MINUTE_MS = 60_000

export interface EndToEndResult {
  readonly readings: number
  /** From the day's close to the last PUBACK. */
  readonly perSecond: number
  /** Of this process, then. */
  readonly rssBytes: number
}

async function benchEndToEnd(meters: number): Promise<EndToEndResult> {
  const broker = await startMosquitto({ lines: ['max_queued_messages 0'] })
  const directory = mkdtempSync(join(tmpdir(), 'varmesky-bench-'))
  try {
    const url = `mqtt://127.0.0.1:${broker.port}`
    await subscribeAndLeave(url)
    return await closeDay(url, directory, samples('mode 5', meters))
  } finally {
    await broker.stop()
    rmSync(directory, { recursive: true })
  }
}

/** For a message that nobody subscribed to a broker has less to do. */
async function subscribeAndLeave(url: string): Promise<void> {
  const options = { protocolVersion: 5, clientId: 'billing', clean: false, properties: { sessionExpiryInterval: 3_600 } } as const
  const billing = await connectAsync(url, options)
  await billing.subscribeAsync('varmesky/#', { qos: 1 })
  await billing.endAsync()
}

async function closeDay(url: string, directory: string, list: readonly Sample[]): Promise<EndToEndResult> {
  const clock = manualClock(endOfDay(DAY, TIME_ZONE) - 3 * MINUTE_MS)
  const gateway = await gatewayIn(directory, url, clock)
  try {
    gateway.store.meters.put(list.map((sample) => ({ meter: meterOf(sample), key: sample.key?.bytes ?? null })))
    hear(gateway, list, clock)
    clock.advance(MINUTE_MS)
    hear(gateway, list, clock)
    while (!gateway.status().sinks[0]?.connected) await sleep(10)
    const startMs = performance.now()
    clock.advanceTo(closesAt(DAY, TIME_ZONE, 2 * 3_600_000))
    while (waiting(gateway) > 0) await sleep(5)
    const seconds = (performance.now() - startMs) / 1_000
    const { length } = gateway.store.outbox.readings({ day: DAY })
    if (length !== list.length) throw new Error(`${list.length} meters were heard, but ${length} have a reading`)
    return { readings: length, perSecond: length / seconds, rssBytes: process.memoryUsage.rss() }
  } finally {
    const stopping = gateway.stop()
    clock.advance(MINUTE_MS)
    await stopping
  }
}

function hear(gateway: Gateway, list: readonly Sample[], clock: ManualClock): void {
  for (const { bytes } of list) gateway.receive({ bytes, crc: 'stripped', heard: now(clock), receiver: 'bench', rssi: null, mode: null })
}

function gatewayIn(directory: string, url: string, clock: ManualClock): Promise<Gateway> {
  const file = fileSchema.parse({ gateway: 'bench', timeZone: TIME_ZONE, mqtt: { url } })
  return startGateway({
    config: { ...file, stateDirectory: directory, runtimeDirectory: directory },
    clock,
    log: silentLog,
    version: 'bench',
    kek: new Uint8Array(32),
    control: false,
  })
}

const meterOf = ({ bytes }: Sample): string => meterName(identify(address(frame(bytes, 'stripped')))!)

function waiting({ store }: Gateway): number {
  const { live, backlog, held, refused } = store.outbox.state('mqtt')
  if (held + refused > 0) throw new Error(`the broker did not accept ${held + refused} messages`)
  return live + backlog
}

process.send?.(hasMosquitto ? await benchEndToEnd(Number(process.argv[2])) : 'mosquitto is not installed')
