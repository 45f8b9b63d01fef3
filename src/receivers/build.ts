import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { LinkMode } from '../wmbus/telegram.ts'
import type { Dialect, DialectContext } from './dialect.ts'
import { im871a } from './im871a.ts'
import { keepOpen } from './keep-open.ts'
import { hexLines } from './lines.ts'
import type { Port } from './port.ts'
import type { Receiver } from './receiver.ts'
import { rtlWmbus } from './rtl-wmbus.ts'
import { serialPort } from './serial.ts'
import { receiverSession } from './session.ts'
import { stdinPort } from './stdin.ts'
import { tcpPort } from './tcp.ts'

export interface ReceiverSpec {
  readonly name: string
  /** What the bytes mean. */
  readonly use: 'im871a' | 'hex' | 'rtl_wmbus'
  /** Where they come from: a device path, `tcp://host:port` or `stdin`. */
  readonly at: string
  /** Link modes to set; left out: the best the receiver can do. Where it cannot be set it is ignored. */
  readonly modes?: readonly LinkMode[]
}

interface Use {
  readonly dialect: (context: DialectContext, modes: readonly LinkMode[] | undefined) => Dialect
  /** Of a serial port. */
  readonly baudRate: number
  /** Must be spoken to before it receives. */
  readonly spokenTo: boolean
}

const USES: Readonly<Record<ReceiverSpec['use'], Use>> = {
  im871a: { dialect: (context, modes) => im871a({ ...context, modes }), baudRate: 57600, spokenTo: true },
  hex: { dialect: hexLines, baudRate: 115200, spokenTo: false },
  rtl_wmbus: { dialect: rtlWmbus, baudRate: 115200, spokenTo: false },
}

/**
 * A receiver that, once started, sets its device up, delivers what it hears, and finds its device again by itself.
 * Throws an Error that says what to write instead where `at` cannot work.
 */
export function buildReceiver(spec: ReceiverSpec, { clock, log }: { readonly clock: Clock; readonly log: Log }): Receiver {
  const { dialect } = USES[spec.use]
  const port = portOf(spec, clock)
  const session = receiverSession(spec, (context) => dialect(context, spec.modes), clock, log)
  const kept = keepOpen(port, session, clock)
  return {
    name: spec.name,
    start(deliver) {
      session.deliverTo(deliver)
      return kept.start()
    },
    stop: kept.stop,
    health: session.health,
  }
}

function portOf({ name, use, at }: ReceiverSpec, clock: Clock): Port {
  const { baudRate, spokenTo } = USES[use]
  if (at === 'stdin') {
    if (spokenTo) throw new Error(`receiver ${name}: ${use} must be spoken to and stdin cannot be: give a device path or tcp://host:port`)
    return stdinPort
  }
  if (at.startsWith('/')) return serialPort(at, baudRate, clock)
  const url = URL.canParse(at) ? new URL(at) : null
  if (url?.protocol === 'tcp:' && url.hostname && url.port) return tcpPort(url.hostname.replace(/^\[|\]$/g, ''), Number(url.port), clock)
  throw new Error(`receiver ${name}: cannot receive from "${at}": give a device path, tcp://host:port or stdin`)
}
