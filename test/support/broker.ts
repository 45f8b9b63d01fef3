import { connect, createServer, type Server, type Socket } from 'node:net'
import { generate, type IConnackPacket, type IConnectPacket, type IPublishPacket, type Packet, parser } from 'mqtt-packet'

/** What the script answers to a PUBLISH: a reason code (0 is success), nothing ever, or a cut line. */
export type PubackScript = number | 'silent' | 'drop'

export interface Script {
  /** The CONNACK of the n-th connection (from 1), or none; success if left out. */
  readonly connack?: (connection: number) => Partial<IConnackPacket> | 'silent'
  /** The answer to a message; status messages are always acknowledged. It may be a promise: the answer comes then. */
  readonly puback?: (publish: IPublishPacket) => PubackScript | Promise<PubackScript>
  /** Also lets the status wait for ever. */
  readonly deaf?: boolean
  /** Does not close its side of the line when the other does. */
  readonly clingy?: boolean
}

/** A broker that does what a script says: MQTT 5 and 3.1.1 on the wire, and no mercy. */
export interface ScriptedBroker {
  readonly port: number
  readonly connects: readonly IConnectPacket[]
  /** Every message that came, doubles included, and every status. */
  readonly messages: readonly IPublishPacket[]
  readonly statuses: readonly IPublishPacket[]
  /** Packets other than CONNECT and PUBLISH, in order. */
  readonly others: readonly Packet[]
  /** Most messages that were waiting for a PUBACK at once on one connection. */
  maxInFlight(): number
  openConnections(): number
  /** Cuts every line, or says DISCONNECT first. */
  kick(reasonCode?: number): void
  close(): Promise<void>
}

interface Seen {
  readonly connects: IConnectPacket[]
  readonly messages: IPublishPacket[]
  readonly statuses: IPublishPacket[]
  readonly others: Packet[]
  maxInFlight: number
}

export const scriptedBroker = async (script: Script = {}): Promise<ScriptedBroker> => {
  const seen: Seen = { connects: [], messages: [], statuses: [], others: [], maxInFlight: 0 }
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: script.clingy === true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    serve(socket, script, seen)
  })
  await listening(server, 0)
  return {
    ...seen,
    port: portOf(server),
    maxInFlight: () => seen.maxInFlight,
    openConnections: () => sockets.size,
    kick(reasonCode) {
      for (const socket of sockets) {
        if (reasonCode !== undefined) socket.write(generate({ cmd: 'disconnect', reasonCode }, { protocolVersion: 5 }))
        socket.destroySoon()
      }
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const serve = (socket: Socket, script: Script, seen: Seen): void => {
  let protocolVersion = 5
  let inFlight = 0
  const write = (packet: Packet): void => {
    if (socket.writable) socket.write(generate(packet, { protocolVersion }))
  }
  const answer = (messageId: number, puback: PubackScript): void => {
    if (puback === 'drop') socket.destroy()
    if (typeof puback !== 'number') return
    inFlight -= 1
    write({ cmd: 'puback', messageId, reasonCode: puback })
  }
  const onPublish = async (packet: IPublishPacket): Promise<void> => {
    const isStatus = packet.topic.endsWith('/status')
    ;(isStatus ? seen.statuses : seen.messages).push({ ...packet, payload: packet.payload.toString() })
    inFlight += 1
    seen.maxInFlight = Math.max(seen.maxInFlight, inFlight)
    const puback = script.deaf ? 'silent' : isStatus ? 0 : ((await script.puback?.(packet)) ?? 0)
    answer(packet.messageId!, puback)
  }
  const onConnect = (packet: IConnectPacket): void => {
    protocolVersion = packet.protocolVersion ?? 4
    seen.connects.push(packet)
    const connack = script.connack?.(seen.connects.length) ?? {}
    if (connack !== 'silent') write({ cmd: 'connack', sessionPresent: false, reasonCode: 0, returnCode: 0, ...connack })
  }
  const packets = parser()
  packets.on('packet', (packet) => {
    if (packet.cmd === 'connect') onConnect(packet)
    else if (packet.cmd === 'publish') void onPublish(packet)
    else if (packet.cmd === 'pingreq') write({ cmd: 'pingresp' } as Packet)
    else seen.others.push(packet)
  })
  packets.on('error', () => socket.destroy())
  socket.on('data', (bytes) => packets.parse(bytes))
  socket.on('error', () => {})
}

const listening = (server: Server, port: number): Promise<void> => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))

const portOf = (server: Server): number => {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening on a port')
  return address.port
}

/** A port that was free a moment ago. */
export const freePort = async (): Promise<number> => {
  const server = createServer()
  await listening(server, 0)
  const port = portOf(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Whether something listens there. */
export const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket.destroy() !== undefined))
    socket.on('error', () => resolve(false))
  })
