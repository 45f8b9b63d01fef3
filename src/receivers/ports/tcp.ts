import { connect } from 'node:net'
import type { Clock } from '../../clock.ts'
import { inTurns } from './in-turns.ts'
import type { Link, LinkEvents, Port } from './port.ts'

/** What to try, by the code of the operating system. */
const TROUBLES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there: is the program that sends running, and is the port right?',
  ENOTFOUND: 'no such host: is the name right?',
  EAI_AGAIN: 'the name cannot be looked up: is the network up? An IP address needs no look-up',
  ETIMEDOUT: 'no answer: is it switched on, and does no firewall stand between?',
  EHOSTUNREACH: 'no way to this host: is it switched on and is the network up?',
  ENETUNREACH: 'no way to this network: is the network up?',
  ECONNRESET: 'the other side broke off the connection',
}

/** The system alone would try for two minutes; a host that is back should not wait that long. */
const CONNECT_MS = 5000
/** Silence is normal; with this a peer that vanished without a word is noticed within a minute. */
const KEEP_ALIVE_MS = 30_000

/** A client of `tcp://host:port`: ser2net, an RTL-SDR host, a converter. */
export const tcpPort = (host: string, port: number, clock: Clock): Port => ({
  open(events: LinkEvents): Link {
    const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS })
    let trouble = 'the other side closed the connection'
    let over = false

    const cancelTimeout = clock.after(CONNECT_MS, () => socket.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })))
    const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    socket.once('connect', () => {
      cancelTimeout()
      events.opened()
    })
    const leaveOff = inTurns(socket, events.data)
    socket.on('error', (error: NodeJS.ErrnoException) => {
      trouble = TROUBLES[error.code ?? ''] ?? error.message
    })
    socket.once('close', () => {
      cancelTimeout()
      if (!over) events.closed(trouble)
    })
    return {
      write: (bytes) => void socket.write(bytes),
      close() {
        over = true
        leaveOff()
        cancelTimeout()
        socket.destroy()
        return ended
      },
    }
  },
})
