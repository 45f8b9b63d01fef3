import type { Cancel, Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { type Certificate, watchCertificates } from './certificates.ts'
import { type MqttConnection, openConnection } from './mqtt-connection.ts'
import { listenOn, messageHandler } from './mqtt-listening.ts'
import { brokerOf, clientOptions, type MqttOptions } from './mqtt-options.ts'
import { type Fate, fateOf, NO_MATCHING_SUBSCRIBERS } from './mqtt-reasons.ts'
import type { LiveLine, LiveSource, Outgoing, Receipt, Receive, Sink } from './sink.ts'
import { type Topics, topics } from './topics.ts'

/** How long `close` waits for the broker to take the last status; after that the last will says the same. */
const GOODBYE_MS = 2_000

export interface MqttParts {
  readonly clock: Clock
  readonly log: Log
  /** Takes what comes on the channels of the options. */
  readonly receive?: Receive
  /** Told when the line is up, and when it is down. */
  readonly live?: LiveSource
  /** Told of certificates that run out soon, once a day. */
  readonly onExpiring?: (certificates: readonly Certificate[]) => void
}

/**
 * Publishes every message with QoS 1, not retained, on `<prefix>/<gateway>/…` (MQTT 5, or 3.1.1 by option), and whether the
 * gateway is there, retained, on `<prefix>/<gateway>/status`. Throws if the address of the broker cannot be right.
 */
export const mqttSink = (options: MqttOptions, { clock, log, receive, live, onExpiring = () => {} }: MqttParts): Sink => {
  const name = 'mqtt'
  const broker = brokerOf(options)
  const to = topics(options.prefix ?? 'varmesky/v1', options.gateway)
  const { online, offline } = status(options, clock)
  const will = { topic: to.status, payload: Buffer.from(offline), qos: 1, retain: true } as const
  const listening = receive && { sink: name, to, channels: options.channels ?? [], receive, log }
  const surroundings = { clock, ...(listening && { onMessage: messageHandler(listening) }) }
  let connection: MqttConnection | undefined
  let unwatch: Cancel = () => {}
  const { ca, cert, key } = options
  const paths = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) }
  const watch = (line: MqttConnection): void => {
    if (line.tls === null) return
    // A new connection reads them anew.
    const changed = (file: string): void => line.cut(new Error(`the file of mqtt.${file} has changed: connecting anew with it`))
    unwatch = watchCertificates({ clock, tls: line.tls, paths, changed, expires: onExpiring })
  }

  const announce = async (line: MqttConnection, body: string, ackMs?: number): Promise<void> => {
    const reasonCode = await line.publish({ topic: to.status, body, retain: true }, ackMs)
    if (reasonCode >= 0x80) log.warn({ sink: name, reason: fateOf(reasonCode).reason }, 'the broker did not take the status of the gateway')
  }
  const greet = async (line: MqttConnection): Promise<void> => {
    if (listening) await listenOn(line, listening)
    await announce(line, online())
  }
  return {
    name,
    async open(signal, onLost = () => {}) {
      const lost = (error: Error): void => {
        live?.down()
        onLost(error)
      }
      connection = await openConnection(await clientOptions(options, broker, will), { ...surroundings, signal, onLost: lost })
      await cutOnAbort(connection, signal, greet(connection))
      watch(connection)
      live?.up(liveLine(connection))
    },
    async send(batch, signal) {
      if (connection === undefined) throw new Error('the mqtt sink is not open')
      return receipt(await cutOnAbort(connection, signal, publishAll(connection, batch, to, options)))
    },
    async close() {
      const line = connection
      connection = undefined
      unwatch()
      live?.down()
      if (line === undefined) return
      await announce(line, offline, GOODBYE_MS).catch(() => {})
      await line.end()
    },
  }
}

const liveLine = (line: MqttConnection): LiveLine => ({
  tell: line.tell,
  retain: (topic, body, lost) =>
    void line.publish({ topic, body, retain: true }).then(
      (reasonCode) => reasonCode >= 0x80 && lost(),
      () => lost(),
    ),
})

/** Bodies of the status. The start is told once the wall clock is known. */
const status = ({ gateway, version }: MqttOptions, clock: Clock): { online: () => string; offline: string } => {
  const head = { schema: 'varmesky.status/1', gateway }
  const startedMs = clock.monotonicMs()
  const startedAt = (): string | null => {
    const utcMs = clock.utcMs()
    return utcMs === null ? null : new Date(utcMs - clock.monotonicMs() + startedMs).toISOString().replace(/\.\d+/, '')
  }
  return {
    online: () => JSON.stringify({ ...head, state: 'online', startedAt: startedAt(), version }),
    offline: JSON.stringify({ ...head, state: 'offline' }),
  }
}

/** Nothing waits for a PUBACK once the signal aborts. */
const cutOnAbort = async <T>(line: MqttConnection, signal: AbortSignal, work: Promise<T>): Promise<T> => {
  const abort = (): void => line.cut(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort)
  try {
    return await work
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** Keeps the window full until the batch is through; rejects with the first error. */
const publishAll = async (line: MqttConnection, batch: readonly Outgoing[], to: Topics, options: MqttOptions): Promise<readonly Fate[]> => {
  const fates: Fate[] = []
  const next = batch.entries()
  const worker = async (): Promise<void> => {
    for (const [place, message] of next) fates[place] = await publish(line, message, to, options)
  }
  await Promise.all(Array.from({ length: line.window }, worker))
  return fates
}

const publish = async (line: MqttConnection, message: Outgoing, to: Topics, options: MqttOptions): Promise<Fate> => {
  const topic = to.of(message)
  if (topic === undefined) return { verdict: 'refused', reason: `no topic is known for messages of the kind ${message.kind}` }
  const reasonCode = await line.publish({ topic, body: message.body, expirySeconds: options.expirySeconds })
  if (reasonCode === NO_MATCHING_SUBSCRIBERS && options.noSubscribers === 'accept') return { verdict: 'accepted' }
  return fateOf(reasonCode)
}

const receipt = (fates: readonly Fate[]): Receipt => {
  const results = fates.map(({ verdict }) => verdict)
  const reasons = new Set(fates.flatMap(({ reason }) => reason ?? []))
  return reasons.size === 0 ? { results } : { results, reason: [...reasons].join('; ') }
}
