/** A broker that does what a script says (MQTT 5), with the consumer right behind it: acknowledged is what the ledger has. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls'
import { generate, type IConnackPacket, type IPublishPacket, type Packet, parser } from 'mqtt-packet'
import { type Ledger, openLedger } from './ledger.ts'

/** The answer to a message: a reason code, nothing ever, or a cut line. */
export type Puback = number | 'silent' | 'cut'

export interface Script {
  /** The CONNACK of the n-th connection, from 1. */
  connack?(connection: number): Partial<IConnackPacket>
  /** Asked for every message but the status, which is always acknowledged. */
  puback?(publish: IPublishPacket, ofConnection: number): Puback
  /** Milliseconds until the answer goes out. */
  lagMs?(): number
}

/** PEM: what the broker shows and the key to it. */
export interface Certificate {
  readonly cert: Buffer
  readonly key: Buffer
}

export interface Broker {
  readonly port: number
  readonly ledger: Ledger
  /** World time of every CONNECT, and of every end of a connection. */
  readonly connects: readonly number[]
  readonly cuts: readonly number[]
  script: Script
  mostInFlight(): number
  /** Clients that did not like the certificate. */
  refusals(): number
  open(): number
  /** Cuts every line, or says DISCONNECT first. */
  kick(reasonCode?: number): void
  /** Shows another certificate from the next connection on. */
  renew(certificate: Certificate): void
  listen(): Promise<void>
  /** Cuts every line and listens no more, on the same port later. */
  down(): Promise<void>
}

interface Room {
  readonly broker: { script: Script; readonly ledger: Ledger }
  readonly connects: number[]
  readonly cuts: number[]
  readonly sockets: Set<Socket>
  mostInFlight: number
  refusals: number
}

/** With a certificate it speaks TLS. */
export const startBroker = async (script: Script = {}, certificate?: Certificate): Promise<Broker> => {
  const ledger = openLedger()
  const room: Room = { broker: { script, ledger }, connects: [], cuts: [], sockets: new Set(), mostInFlight: 0, refusals: 0 }
  let server: Server | TlsServer | undefined
  let port = 0
  const broker: Broker = {
    get port() {
      return port
    },
    ledger,
    connects: room.connects,
    cuts: room.cuts,
    get script() {
      return room.broker.script
    },
    set script(next) {
      room.broker.script = next
    },
    mostInFlight: () => room.mostInFlight,
    refusals: () => room.refusals,
    open: () => room.sockets.size,
    kick(reasonCode) {
      for (const socket of room.sockets) {
        if (reasonCode !== undefined) socket.write(generate({ cmd: 'disconnect', reasonCode }, { protocolVersion: 5 }))
        socket.destroySoon()
      }
    },
    renew: (next) => void (server && 'setSecureContext' in server && server.setSecureContext(next)),
    async listen() {
      server = certificate ? createTlsServer(certificate, (socket) => serve(socket, room)) : createServer((socket) => serve(socket, room))
      server.on('tlsClientError', () => room.refusals++)
      await new Promise<void>((listening) => server!.listen(port, '127.0.0.1', listening))
      port = (server.address() as AddressInfo).port
    },
    async down() {
      const closed = new Promise((resolve) => (server ? server.close(resolve) : resolve(null)))
      for (const socket of room.sockets) socket.destroy()
      await closed
    },
  }
  await broker.listen()
  return broker
}

const serve = (socket: Socket, room: Room): void => {
  room.sockets.add(socket)
  let inFlight = 0
  let published = 0
  const write = (packet: Packet): void => void (socket.writable && socket.write(generate(packet, { protocolVersion: 5 })))
  const answer = (messageId: number, puback: Puback): void => {
    if (puback === 'cut') socket.destroy()
    if (typeof puback !== 'number') return
    inFlight -= 1
    write({ cmd: 'puback', messageId, reasonCode: puback })
  }
  const onPublish = (packet: IPublishPacket): void => {
    const { script, ledger } = room.broker
    inFlight += 1
    room.mostInFlight = Math.max(room.mostInFlight, inFlight)
    const isStatus = packet.topic.endsWith('/status')
    const puback = isStatus ? 0 : (script.puback?.(packet, ++published) ?? 0)
    if (!isStatus && puback === 0) ledger.take(packet.payload.toString())
    const lagMs = script.lagMs?.() ?? 0
    if (lagMs > 0) setTimeout(answer, lagMs, packet.messageId!, puback)
    else answer(packet.messageId!, puback)
  }
  const packets = parser()
  packets.on('packet', (packet) => {
    if (packet.cmd === 'connect') {
      room.connects.push(Date.now())
      write({ cmd: 'connack', sessionPresent: false, reasonCode: 0, ...room.broker.script.connack?.(room.connects.length) } as Packet)
    } else if (packet.cmd === 'publish') onPublish(packet)
    else if (packet.cmd === 'pingreq') write({ cmd: 'pingresp' } as Packet)
  })
  packets.on('error', () => socket.destroy())
  socket.on('data', (bytes) => packets.parse(bytes))
  socket.on('error', () => {})
  socket.on('close', () => {
    room.sockets.delete(socket)
    room.cuts.push(Date.now())
  })
}
