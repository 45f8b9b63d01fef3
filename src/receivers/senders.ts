import type { Clock } from '../clock.ts'
import { type Log, silentLog } from '../log.ts'
import type { Telegram } from '../wmbus/telegram.ts'
import type { Dialect, DialectContext } from './dialect.ts'
import { watchPort } from './health/port-watch.ts'
import type { TellReceiver } from './health/watch.ts'
import type { ReceiverHealth } from './receiver.ts'
import { type ReceiverSession, receiverSession } from './session.ts'

/** One of many who send to the same port at the same time. */
export interface Sender {
  data(bytes: Uint8Array): void
  /** It will send no more. `ended`: it said so, nothing was torn off. */
  gone(ended: boolean): void
}

/** A port where many may send: each is understood on its own. */
export interface Senders extends ReceiverSession {
  joined(): Sender
  /** Bytes that belong together and to nothing else: a datagram. */
  message(bytes: Uint8Array): void
  /** How much was dropped before it got here since the port was opened: nobody fetched it in time, or there were too many senders. */
  countDropped(ask: () => number): void
}

const COUNTERS = ['telegrams', 'bytes', 'skipped', 'badChecksums'] as const
const LINE_FEED = Uint8Array.of(10)

/**
 * Speaks a dialect that needs no answers with many senders at once. `lines`: a message ends a line, whether it says so or not.
 * What half is in one sender's last bytes never meets another's first.
 */
export function sendersSession(
  spec: Pick<ReceiverHealth, 'name' | 'use' | 'at'>,
  dialectFor: (context: DialectContext) => Dialect,
  lines: boolean,
  clock: Clock,
  log: Log,
  tell: TellReceiver = () => {},
): Senders {
  const { name, at } = spec
  const gone = { telegrams: 0, bytes: 0, skipped: 0, badChecksums: 0 }
  const present = new Set<ReceiverSession>()
  let deliver: (telegram: Telegram) => void = () => {}
  let droppedBefore = 0
  let dropped = (): number => 0
  let opened: (trouble: string | null) => void = () => {}
  /** Who is silent here is somebody else: that is told, and nothing done. */
  const port = watchPort({
    spec,
    clock,
    log,
    tell,
    able: () => [],
    take: (_, why) => opened(why),
    receiving: () => log.info({ receiver: name, at }, 'receiving'),
  })

  const sender = (): ReceiverSession => {
    const session = receiverSession(spec, dialectFor, clock, silentLog)
    session.deliverTo((telegram) => {
      port.heard(telegram)
      deliver(telegram)
    })
    present.add(session)
    return session
  }
  const greeted = (session: ReceiverSession): void =>
    session.greet(
      () => {},
      () => {},
    )
  const leave = (session: ReceiverSession, ended: boolean): void => {
    session.hangUp(ended)
    const health = session.health()
    for (const counter of COUNTERS) gone[counter] += health[counter]
    present.delete(session)
  }
  /** Of all datagrams: nothing is left of one when the next comes. */
  const datagrams = sender()

  return {
    joined() {
      const session = sender()
      greeted(session)
      return { data: session.data, gone: (ended) => leave(session, ended) }
    },
    message(bytes) {
      greeted(datagrams)
      datagrams.data(bytes)
      if (lines) datagrams.data(LINE_FEED)
      datagrams.hangUp(true)
    },
    countDropped(ask) {
      dropped = ask
    },
    greet(_, done) {
      opened = done
      done(null)
    },
    data() {},
    hangUp() {
      droppedBefore += dropped()
      dropped = () => 0
      for (const session of present) if (session !== datagrams) leave(session, false)
    },
    state: port.state,
    deliverTo(to) {
      deliver = to
    },
    reset: port.reset,
    health() {
      const sum = { ...gone }
      for (const session of present) {
        const health = session.health()
        for (const counter of COUNTERS) sum[counter] += health[counter]
      }
      return { ...spec, ...sum, ...port.health(), dropped: droppedBefore + dropped() }
    },
  }
}
