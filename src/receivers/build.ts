import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { LinkMode } from '../wmbus/telegram.ts'
import type { Dialect, DialectContext } from './dialect.ts'
import { type AutoParts, autoPort } from './finding/auto.ts'
import type { TellReceiver } from './health/watch.ts'
import { keepOpen } from './ports/keep-open.ts'
import type { BrokerLogin } from './ports/mqtt-topic.ts'
import type { Port } from './ports/port.ts'
import type { PortState, Receiver } from './receiver.ts'
import { sendersSession } from './senders.ts'
import { type ReceiverSession, receiverSession } from './session.ts'
import { STICKS, type StickName } from './sticks/sticks.ts'
import { isStream, STREAMS, type StreamName } from './streams/streams.ts'
import { type Recorded, type Tape, taped, tapedSenders } from './tape.ts'
import { WAYS, type Way, wayOf } from './ways.ts'

export type UseName = StickName | StreamName

export interface ReceiverSpec extends BrokerLogin {
  readonly name: string
  /** What the bytes mean; `auto`: what they turn out to mean. */
  readonly use: UseName | 'auto'
  /** Where they come from: see `WAYS`; `auto`: the serial port at which such a stick answers. */
  readonly at: string
  /** Link modes to set; left out: the best the receiver can do. Where it cannot be set it is ignored. */
  readonly modes?: readonly LinkMode[]
  /** A file to which every byte is recorded; see `buildReceivers`. */
  readonly captureRaw?: string
  /** Of a serial port, where it is not the one of `use`. */
  readonly baudRate?: number
}

interface Use {
  readonly dialect: (context: DialectContext, modes: readonly LinkMode[] | undefined) => Dialect
  /** Of a serial port. */
  readonly baudRate: number
  /** Must be spoken to before it receives. */
  readonly spokenTo: boolean
}

const STREAM_BAUD = 115_200
const stream = (dialect: (context: DialectContext) => Dialect): Use => ({ dialect, baudRate: STREAM_BAUD, spokenTo: false })

/** Every receiver there is, by the name the configuration gives it. */
export const USES: Readonly<Record<UseName, Use>> = {
  ...STICKS,
  hex: stream(STREAMS.hex),
  lines: stream(STREAMS.lines),
  rtl_wmbus: stream(STREAMS.rtl_wmbus),
  rtl_433: stream(STREAMS.rtl_433),
}

export type Looking = Pick<AutoParts, 'taken' | 'inTurn' | 'dev'>

export interface ReceiverParts {
  readonly clock: Clock
  readonly log: Log
  /** Hears of silence; left out, it is only in the health. */
  readonly tell?: TellReceiver
  /** How to look for a stick whose port or kind is not told; left out: alone on this machine. */
  readonly looking?: Looking
  /** Records every byte. */
  readonly tape?: Tape
  /** In place of the one `at` names: recorded bytes, which nobody answers. */
  readonly recorded?: Port
}

/**
 * A receiver that, once started, sets its device up, delivers what it hears, and finds its device again by itself.
 * Throws an Error that says what to write instead where `at` cannot work.
 */
export function buildReceiver(spec: ReceiverSpec, parts: ReceiverParts): Receiver {
  const { use, modes } = spec
  if (use === 'auto' || spec.at === 'auto') return lookedFor(spec, parts)
  const { clock, log, tell, tape, recorded } = parts
  const { dialect, baudRate } = USES[use]
  const dialectFor = (context: DialectContext): Dialect => dialect(context, modes)
  const what = (): Recorded => ({ receiver: spec.name, use, ...(modes && { modes }) })
  if (recorded) {
    const unasked = (context: DialectContext): Dialect => ({ ...dialectFor(context), dialogue: [] })
    return opened(spec, recorded, receiverSession(spec, unasked, clock, log), parts, what)
  }
  const way = usableWay(spec.name, use, spec.at)
  const context = { clock, baudRate: spec.baudRate ?? baudRate, login: spec }
  if (way.from === 'one') return opened(spec, way.port(context), receiverSession(spec, dialectFor, clock, log, tell), parts, what)
  const senders = sendersSession(spec, dialectFor, isText(use), clock, log, tell)
  return opened(spec, way.port(tape ? tapedSenders(senders, tape, spec.name) : senders, context), senders, parts, what)
}

/** What comes in lines: a message ends one, whether it says so or not. */
export const isText = (use: UseName): boolean => isStream(use) || use === 'cmex'

const ALONE: Looking = { taken: () => false, inTurn: (work) => work() }
/** A start waits no longer than this for a search: where many strangers are plugged in it takes a minute. */
const START_MS = 5000

/** A stick that is looked for: its health tells where it was found. */
function lookedFor(spec: ReceiverSpec, parts: ReceiverParts): Receiver {
  const { clock, log, tell, looking = ALONE } = parts
  const { name, use, at, modes } = spec
  const said = (path: string, text: string): void => log.info({ receiver: name, at: path }, text)
  const port = autoPort(spec, { ...looking, clock, said })
  const session = receiverSession(spec, port.dialect, clock, log, tell)
  const noting = {
    ...session,
    state(state: PortState, trouble: string | null): void {
      if (state === 'receiving') port.receiving()
      session.state(state, trouble)
    },
  }
  const what = (): Recorded => ({ receiver: name, use: port.found()?.use ?? use, ...(modes && { modes }) })
  const receiver = opened(spec, port, noting, parts, what)
  return {
    ...receiver,
    start: (deliver) => Promise.race([receiver.start(deliver), new Promise<void>((resolve) => void clock.after(START_MS, resolve))]),
    health: () => ({ ...receiver.health(), use: port.found()?.use ?? use, at: port.found()?.at ?? at }),
  }
}

function opened(
  { name }: ReceiverSpec,
  port: Port,
  session: ReceiverSession,
  { clock, tape }: ReceiverParts,
  what: () => Recorded,
): Receiver {
  const kept = keepOpen(tape ? taped(port, tape, what, clock.utcMs) : port, session, clock)
  return {
    name,
    start(deliver) {
      session.deliverTo(deliver)
      return kept.start()
    },
    stop: kept.stop,
    reset: session.reset,
    health: session.health,
  }
}

function usableWay(name: string, use: UseName, at: string): Way {
  const way = wayOf(at)
  if (way === null) throw new Error(`receiver ${name}: cannot receive from ${quoted(at)}: give ${WAYS}`)
  if (USES[use].spokenTo && !(way.from === 'one' && way.takesRequests))
    throw new Error(`receiver ${name}: ${use} must be spoken to and ${quoted(at)} cannot be: give a device path or tcp://host:port`)
  return way
}

/** A password may stand before an @. */
const quoted = (at: string): string => (at.includes('@') ? 'an address with "@"' : `"${at}"`)
