import { createServer, type Socket } from 'node:net'
import type { Senders } from '../senders.ts'
import { inTurns } from './in-turns.ts'
import { listenTrouble } from './listen-troubles.ts'
import type { Port } from './port.ts'

/** A house has a few boxes that send; whoever opens more connections than this is not one of them. */
const MOST_CONNECTIONS = 16
/** With this a peer that vanished without a word gives its place back. */
const KEEP_ALIVE_MS = 30_000
const BUFFER = 4096

/** Listens on `host:port`: every connection is a sender of its own, and is sent nothing. */
export const tcpServerPort = (host: string, port: number, senders: Senders): Port => ({
  open({ opened, closed }) {
    const sockets = new Set<Socket>()
    let refused = 0
    let over = false
    const options = { keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS, highWaterMark: BUFFER }
    const server = createServer(options, (socket) => {
      const sender = senders.joined()
      let torn = false
      sockets.add(socket)
      const leaveOff = inTurns(socket, (bytes) => over || sender.data(bytes))
      socket.on('error', () => {
        torn = true
      })
      socket.once('close', () => {
        sockets.delete(socket)
        leaveOff()
        if (!over) sender.gone(!torn)
      })
    })
    server.maxConnections = MOST_CONNECTIONS
    server.on('drop', () => refused++)
    senders.countDropped(() => refused)
    const ended = new Promise<void>((resolve) => server.once('close', () => resolve()))
    server.once('error', (error) => {
      server.close()
      if (!over) closed(listenTrouble(error))
    })
    server.listen({ host, port }, () => over || opened())
    return {
      write() {},
      close() {
        over = true
        server.close()
        for (const socket of sockets) socket.destroy()
        return ended
      },
    }
  },
})
