import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import type { IClientOptions } from 'mqtt'
import type { Channel } from './sink.ts'

export interface MqttOptions {
  /** `mqtts://host:8883`, or `mqtt://host:1883` without encryption; never with a user or password in it. */
  readonly url: string
  /** Name of this gateway: in the topics, and with `varmesky-` before it the client identifier. */
  readonly gateway: string
  /** Of this software, told in the status. */
  readonly version: string
  /** First levels of every topic; `varmesky/v1` if left out. */
  readonly prefix?: string
  /** 5, or 4 for MQTT 3.1.1; 5 if left out. */
  readonly protocol?: 4 | 5
  /** Path of a PEM file with the broker's certificate authority; those of the system if left out. */
  readonly ca?: string
  /** Paths of PEM files with this gateway's own certificate and its private key. */
  readonly cert?: string
  readonly key?: string
  readonly user?: string
  /** Asked at every connection, so that a new password needs no restart; undefined: none. */
  readonly password?: () => string | undefined
  /** What becomes of a message the broker has no subscriber for: `hold` if left out; `accept` for brokers with bridges. */
  readonly noSubscribers?: 'hold' | 'accept'
  /** After how many seconds the broker may drop a message nobody fetched (MQTT 5); never if left out. */
  readonly expirySeconds?: number
  /** What the far side may say; nothing if left out. */
  readonly channels?: readonly Channel[]
  /** After the client identifier, for a second connection beside the daemon's. */
  readonly suffix?: string
}

/** So long the broker keeps receipts and requests for a gateway that is away. */
const SESSION_SECONDS = 7 * 86_400
/** A receipt or request is smaller by far; the broker does not even send what is larger (MQTT 5). */
const MAXIMUM_PACKET_BYTES = 128 * 1024
const RECEIVE_MAXIMUM = 20

/**
 * Where the far side may speak, the broker keeps a session, or what it says while the gateway is away would be lost. Nothing of ours
 * is in it: this end of every connection starts empty. Without, every connection is a clean start.
 */
const session = ({ channels = [], protocol = 5 }: MqttOptions): IClientOptions => {
  if (channels.length === 0) return { clean: true }
  if (protocol === 4) return { clean: false }
  const properties = { sessionExpiryInterval: SESSION_SECONDS, maximumPacketSize: MAXIMUM_PACKET_BYTES, receiveMaximum: RECEIVE_MAXIMUM }
  return { clean: false, properties }
}

export interface Broker {
  readonly protocol: 'mqtt' | 'mqtts'
  readonly host: string
  readonly port: number
}

const PORTS = { mqtt: 1883, mqtts: 8883 } as const
const isScheme = (scheme: string | undefined): scheme is keyof typeof PORTS => scheme !== undefined && Object.hasOwn(PORTS, scheme)

/** Takes the broker's address apart; throws without repeating it, since it may hold a password. */
export const brokerOf = ({ url, ca, cert }: MqttOptions): Broker => {
  if (url.includes('@')) throw new Error('mqtt.url must not carry a user or password: set mqtt.user, and the password apart')
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  const scheme = parsed?.protocol.slice(0, -1)
  if (!parsed?.hostname || !isScheme(scheme) || `${parsed.pathname}${parsed.search}${parsed.hash}`.length > 1)
    throw new Error('mqtt.url must be mqtts://host:8883, or mqtt://host:1883 without encryption')
  if (scheme === 'mqtt' && (ca ?? cert) !== undefined)
    throw new Error('mqtt.ca and mqtt.cert have no use without encryption: set mqtt.url to mqtts://…')
  return { protocol: scheme, host: parsed.hostname.replace(/^\[|\]$/g, ''), port: Number(parsed.port) || PORTS[scheme] }
}

/** What mqtt.js needs; reads the files, rejects naming the one that cannot be read. */
export const clientOptions = async (options: MqttOptions, broker: Broker, will: IClientOptions['will']): Promise<IClientOptions> => {
  const { ca, cert, key, user, password, gateway, protocol = 5, suffix = '' } = options
  const secret = password?.()
  return {
    ...broker,
    ...(await pem({ ca, cert, key })),
    ...session(options),
    clientId: `varmesky-${gateway}${suffix}`,
    protocolVersion: protocol,
    will,
    ...(user === undefined ? {} : { username: user }),
    ...(secret === undefined ? {} : { password: secret }),
  }
}

const pem = async (paths: Readonly<Record<string, string | undefined>>): Promise<Record<string, Buffer>> => {
  const reading = Object.entries(paths).flatMap(([name, path]) => (path === undefined ? [] : [readPem(name, path)]))
  const files = Object.fromEntries(await Promise.all(reading))
  try {
    createSecureContext(files)
  } catch (cause) {
    throw new Error('mqtt.cert and mqtt.key must be PEM files, the key that of the certificate and without a passphrase', { cause })
  }
  return files
}

const readPem = async (name: string, path: string): Promise<[string, Buffer]> => {
  try {
    return [name, await readFile(path)]
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new Error(`cannot read mqtt.${name} at ${path} (${code}): check the path and that the service may read it`, { cause })
  }
}
