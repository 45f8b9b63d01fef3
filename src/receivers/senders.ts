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

const LINE_FEED = Uint8Array.of(10)

/**
 * Speaks a dialect that needs no answers with many senders at once. `lines`: a message ends a line, whether it says so or not.
 * What half is in one sender's last bytes never meets another's first.
 */
export function sendersSession(
  { name, use, at }: Pick<ReceiverHealth, 'name' | 'use' | 'at'>,
  dialectFor: (context: DialectContext) => Dialect,
  lines: boolean,
  clock: Clock,
  log: Log,
  tell: TellReceiver = () => {},
): Senders {
  let opened: (trouble: string | null) => void = () => {}
  const dropped = droppedInAll()
  /** Who is silent here is somebody else: that is told, and nothing done. */
  const port = watchPort({
    ...{ spec: { name, at }, clock, log, tell },
    able: () => [],
    take: (_, why) => opened(why),
    receiving: (again) => log[again ? 'debug' : 'info']({ receiver: name, at }, 'receiving'),
  })
  const crowd = crowdOf(() => receiverSession({ name, use, at }, dialectFor, clock, silentLog), port.heard)
  /** Of all datagrams: nothing is left of one when the next comes. */
  const datagrams = crowd.join()

  return {
    joined() {
      const session = crowd.join()
      greeted(session)
      return { data: session.data, gone: (ended) => crowd.leave(session, ended) }
    },
    message(bytes) {
      greeted(datagrams)
      datagrams.data(bytes)
      if (lines) datagrams.data(LINE_FEED)
      datagrams.hangUp(true)
    },
    countDropped: dropped.count,
    greet(_, done) {
      opened = done
      done(null)
    },
    data() {},
    hangUp() {
      dropped.over()
      for (const session of crowd.present()) if (session !== datagrams) crowd.leave(session, false)
    },
    state: port.state,
    deliverTo: crowd.deliverTo,
    reset: port.reset,
    health: () => ({ name, use, at, ...crowd.counts(), ...port.health(), dropped: dropped.sum() }),
  }
}

/** Nobody is asked anything, nor told. */
const greeted = (session: ReceiverSession): void =>
  session.greet(
    () => {},
    () => {},
  )

const COUNTERS = ['telegrams', 'bytes', 'skipped', 'badChecksums'] as const
type Counts = Record<(typeof COUNTERS)[number], number>

/** Who sends now, and what was counted of them and of all who have gone. */
function crowdOf(build: () => ReceiverSession, heard: (telegram: Telegram) => void) {
  const gone: Counts = { telegrams: 0, bytes: 0, skipped: 0, badChecksums: 0 }
  const present = new Set<ReceiverSession>()
  let deliver: (telegram: Telegram) => void = () => {}
  const add = (sum: Counts, session: ReceiverSession): void => {
    const health = session.health()
    for (const counter of COUNTERS) sum[counter] += health[counter]
  }
  return {
    present: (): readonly ReceiverSession[] => [...present],
    join(): ReceiverSession {
      const session = build()
      session.deliverTo((telegram) => {
        heard(telegram)
        deliver(telegram)
      })
      present.add(session)
      return session
    },
    deliverTo(to: (telegram: Telegram) => void): void {
      deliver = to
    },
    leave(session: ReceiverSession, ended: boolean): void {
      session.hangUp(ended)
      add(gone, session)
      present.delete(session)
    },
    counts(): Counts {
      const sum = { ...gone }
      for (const session of present) add(sum, session)
      return sum
    },
  }
}

/** The system counts from one opening of the port to its end. */
function droppedInAll() {
  let before = 0
  let now = (): number => 0
  return {
    count(ask: () => number): void {
      now = ask
    },
    over(): void {
      before += now()
      now = () => 0
    },
    sum: () => before + now(),
  }
}
