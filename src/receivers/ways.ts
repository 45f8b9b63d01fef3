import type { Clock } from '../clock.ts'
import { type BrokerLogin, mqttTopicPort } from './ports/mqtt-topic.ts'
import type { Port } from './ports/port.ts'
import { programPort } from './ports/program.ts'
import { serialPort } from './ports/serial.ts'
import { stdinPort } from './ports/stdin.ts'
import { tcpPort } from './ports/tcp.ts'
import { tcpServerPort } from './ports/tcp-server.ts'
import { udpPort } from './ports/udp.ts'
import type { Senders } from './senders.ts'

/** What a port needs to know besides its place. */
export interface PortContext {
  readonly clock: Clock
  /** Of a serial device. */
  readonly baudRate: number
  readonly login?: BrokerLogin | undefined
}

/** How bytes come from a place. `one` source of bytes, cut anywhere; or `many` that send whole messages or open connections. */
export type Way =
  | { readonly from: 'one'; readonly takesRequests: boolean; port(context: PortContext): Port }
  | { readonly from: 'many'; port(senders: Senders, context: PortContext): Port }

/** What can be written, for errors. */
export const WAYS =
  'a device path (/dev/serial/by-id/…), tcp://host:port, tcp-listen://address:port, udp://address:port, mqtt://host/topic, exec:command or stdin'

const LOOPBACK = '127.0.0.1'
const HOST = String.raw`(\[[0-9a-f:.]+\]|[^\s/:@[\]]*)`
const ADDRESS = new RegExp(`^(tcp|tcp-listen|udp)://${HOST}:(\\d{1,5})$`, 'i')
const TOPIC = new RegExp(`^(mqtts?://${HOST}(?::\\d{1,5})?)/([^\\s]+)$`, 'i')
const MOST_PORT = 65_535

const plain = (host: string): string => host.replace(/^\[|\]$/g, '')

/** How to receive from a place as the configuration writes it; null where nobody can. */
export function wayOf(at: string): Way | null {
  if (at === 'stdin') return { from: 'one', takesRequests: false, port: () => stdinPort }
  if (at.startsWith('/')) return { from: 'one', takesRequests: true, port: ({ baudRate, clock }) => serialPort(at, baudRate, clock) }
  const command = /^exec:\s*(\S.*)$/s.exec(at)?.[1]
  if (command) return { from: 'one', takesRequests: false, port: ({ clock }) => programPort(command, clock) }
  const [, broker, server, topic] = TOPIC.exec(at) ?? []
  if (broker && server && topic) return { from: 'many', port: (senders, { login }) => mqttTopicPort(broker, topic, senders, login) }
  const [, scheme, host = '', digits] = ADDRESS.exec(at) ?? []
  const port = Number(digits)
  if (scheme === undefined || port < 1 || port > MOST_PORT) return null
  if (scheme === 'tcp')
    return host === '' ? null : { from: 'one', takesRequests: true, port: ({ clock }) => tcpPort(plain(host), port, clock) }
  const open = scheme === 'udp' ? udpPort : tcpServerPort
  return { from: 'many', port: (senders) => open(plain(host) || LOOPBACK, port, senders) }
}
