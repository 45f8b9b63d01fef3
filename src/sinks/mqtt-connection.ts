import { TLSSocket } from 'node:tls'
import { connect, type IClientOptions, type IConnackPacket, type IPublishPacket, type MqttClient } from 'mqtt'
import type { Clock } from '../clock.ts'
import { type Acks, openAcks } from './mqtt-acks.ts'
import { explain, PACKET_TOO_LARGE } from './mqtt-reasons.ts'
import type { OnLost } from './sink.ts'

const WINDOW = 20
const CONNECT_MS = 30_000
const ACK_MS = 30_000
const END_MS = 1_000
/** What nobody acknowledges must not pile up in front of what somebody does. */
const MOST_WAITING_BYTES = 65_536
/** More than header, packet identifier and properties of a PUBLISH ever need. */
const OVERHEAD_BYTES = 64

/**
 * mqtt.js as a dumb pipe. Left alone it resends from a store of its own, knows no time-out for a PUBACK and gives up for ever
 * when a broker refuses it once; here a connection that breaks is thrown away and never comes back. Its log would show the password,
 * and its cache of all 65,536 packet identifiers costs 7 MB.
 */
const DUMB_PIPE = { writeCache: false, reconnectPeriod: 0, resubscribe: false, log: () => {} } as const satisfies IClientOptions

export interface Publication {
  readonly topic: string
  readonly body: string
  readonly retain?: boolean
  readonly expirySeconds?: number | undefined
  readonly correlationData?: Buffer | undefined
}

/** One connection to a broker, from CONNACK until it breaks. */
export interface MqttConnection {
  /** How many publications may be under way at once. */
  readonly window: number
  /** Sends with QoS 1; resolves with the reason code of the PUBACK (MQTT 3.1.1: 0), rejects when the line breaks or no PUBACK comes. */
  publish(publication: Publication, ackMs?: number): Promise<number>
  /** Sends with QoS 0 to whoever listens now; false where the line is broken or too much waits in it. */
  tell(topic: string, body: string): boolean
  /** Subscribes with QoS 1; false where the broker does not let this user. */
  subscribe(topic: string): Promise<boolean>
  /** The TLS connection below, if any. */
  readonly tls: TLSSocket | null
  /** Drops the line without a good-bye: the broker publishes the last will. */
  cut(error: Error): void
  /** Says good-bye. */
  end(): Promise<void>
}

export interface Surroundings {
  readonly clock: Clock
  /** Gives up connecting; has no say once connected. */
  readonly signal: AbortSignal
  readonly onLost: OnLost
  /** Takes a message from the broker, which is acknowledged once this returns. What it throws cuts the line: the broker sends it again. */
  readonly onMessage?: (message: IPublishPacket, line: MqttConnection) => void
}

interface Line {
  readonly client: MqttClient
  readonly acks: Acks
  broken: Error | undefined
  tell: OnLost
}

/** Connects; rejects with what to try. */
export const openConnection = (options: IClientOptions, { clock, signal, onLost, onMessage }: Surroundings): Promise<MqttConnection> =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const client = connect({ ...DUMB_PIPE, ...options })
    const line: Line = { client, acks: openAcks(), broken: undefined, tell: reject }
    const abort = (): void => cut(line, signal.reason)
    signal.addEventListener('abort', abort)
    const cancel = clock.after(CONNECT_MS, () => cut(line, explain({ code: 'ETIMEDOUT' })))
    const settled = (): void => {
      cancel()
      signal.removeEventListener('abort', abort)
    }
    client.on('error', (error) => cut(line, explain(error)))
    client.on('disconnect', ({ reasonCode }) => cut(line, explain({ code: reasonCode })))
    client.on('close', () => cut(line, explain({})))
    client.once('close', settled)
    // mqtt.js calls a message without a subscriber delivered: only the packet itself tells.
    client.on('packetreceive', (packet) => packet.cmd === 'puback' && line.acks.arrived(packet.messageId!, packet.reasonCode ?? 0))
    const ready = new Promise<MqttConnection>((tell) => {
      client.on('connect', ({ properties }) => {
        settled()
        line.tell = onLost
        const connection = connected(line, clock, properties)
        tell(connection)
        resolve(connection)
      })
    })
    // A kept session may speak before anything was asked of it. mqtt.js acknowledges when `done` is called.
    if (onMessage)
      client.handleMessage = (message, done) =>
        void ready.then((connection) => {
          try {
            onMessage(message, connection)
            done()
          } catch (error) {
            cut(line, error as Error)
          }
        })
  })

const connected = (line: Line, clock: Clock, limits: IConnackPacket['properties'] = {}): MqttConnection => ({
  window: Math.min(WINDOW, limits.receiveMaximum ?? WINDOW),
  publish: async (publication, ackMs = ACK_MS) => {
    if (line.broken) throw line.broken
    // The broker would not answer it, but cut the line.
    if (sizeOf(publication) > (limits.maximumPacketSize ?? Number.POSITIVE_INFINITY)) return PACKET_TOO_LARGE
    const { topic, body, retain = false, expirySeconds, correlationData } = publication
    const properties = {
      contentType: 'application/json',
      payloadFormatIndicator: true,
      ...(expirySeconds === undefined ? {} : { messageExpiryInterval: expirySeconds }),
      ...(correlationData === undefined ? {} : { correlationData }),
    }
    line.client.publish(topic, body, { qos: 1, retain, properties })
    const cancel = clock.after(ackMs, () => cut(line, new Error(`the broker did not acknowledge a message within ${ackMs / 1000} s`)))
    return line.acks.of(line.client.getLastMessageId()).finally(cancel)
  },
  tell(topic, body) {
    if (line.broken || line.client.stream.writableLength > MOST_WAITING_BYTES) return false
    line.client.publish(topic, body, { qos: 0, properties: { contentType: 'application/json', payloadFormatIndicator: true } })
    return true
  },
  subscribe: (topic) => subscribe(line, topic, clock),
  tls: line.client.stream instanceof TLSSocket ? line.client.stream : null,
  cut: (error) => cut(line, error),
  end: () => end(line, clock),
})

const subscribe = (line: Line, topic: string, clock: Clock): Promise<boolean> =>
  new Promise((resolve, reject) => {
    if (line.broken) return reject(line.broken)
    const cancel = clock.after(ACK_MS, () => cut(line, new Error('the broker did not answer a subscription within 30 s')))
    const lost = (): void => reject(line.broken ?? explain({}))
    line.client.once('close', lost)
    line.client.subscribe(topic, { qos: 1 }, (error, granted) => {
      cancel()
      line.client.off('close', lost)
      resolve(!error && (granted ?? []).every(({ qos }) => (qos as number) < 0x80))
    })
  })

const sizeOf = ({ topic, body }: Publication): number => OVERHEAD_BYTES + Buffer.byteLength(topic) + Buffer.byteLength(body)

const cut = (line: Line, error: Error): void => {
  if (line.broken) return
  line.broken = error
  line.client.end(true)
  line.acks.rejectAll(error)
  line.tell(error)
}

const end = (line: Line, clock: Clock): Promise<void> =>
  new Promise((resolve) => {
    if (line.broken) return resolve()
    line.broken = new Error('the connection is closed')
    // A broker that does not close its side would keep the socket for ever.
    const cancel = clock.after(END_MS, () => line.client.stream.destroy())
    line.client.once('close', () => {
      cancel()
      resolve()
    })
    line.client.end(line.acks.size() > 0)
    line.acks.rejectAll(line.broken)
  })
