import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import type { Senders } from '../senders.ts'
import { listenTrouble } from './listen-troubles.ts'
import type { Port } from './port.ts'

/** What the system may keep for us while we are busy; it gives less where its own limit (net.core.rmem_max) is lower. */
const KEPT_BY_SYSTEM = 1024 * 1024

/** Listens on `host:port`: every datagram is whole, one or more telegrams in it. */
export const udpPort = (host: string, port: number, senders: Senders): Port => ({
  open({ opened, closed }) {
    const family = isIPv6(host) ? 'udp6' : 'udp4'
    const socket = createSocket({ type: family, recvBufferSize: KEPT_BY_SYSTEM })
    let over = false
    socket.on('message', (bytes) => over || senders.message(bytes))
    socket.on('error', (error) => over || closed(listenTrouble(error)))
    socket.bind(port, host, () => {
      if (over) return
      senders.countDropped(() => droppedAt(family, port))
      opened()
    })
    return {
      write() {},
      close() {
        over = true
        return new Promise((resolve) => socket.close(() => resolve()))
      },
    }
  },
})

const LOCAL_ADDRESS = 1

/** Datagrams that the system dropped at this port since it was opened, as Linux counts them; 0 elsewhere. */
function droppedAt(family: 'udp4' | 'udp6', port: number): number {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  try {
    return readFileSync(`/proc/${process.pid}/net/${family === 'udp4' ? 'udp' : 'udp6'}`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[LOCAL_ADDRESS]?.endsWith(`:${hex}`))
      .reduce((sum, fields) => sum + Number(fields.at(-1)), 0)
  } catch {
    return 0
  }
}
