import type { Clock } from '../../clock.ts'
import type { LinkMode } from '../../wmbus/telegram.ts'
import type { DialectContext } from '../dialect.ts'
import type { Link, Port } from '../ports/port.ts'
import { serialPort } from '../ports/serial.ts'
import { deviceOf, serialPaths } from '../ports/serial-paths.ts'
import { STICKS, type Stick, type StickName } from '../sticks/sticks.ts'
import { type Found, findStick, usesFor } from './find.ts'
import { strangers } from './strangers.ts'

/** What is looked for, and where. */
export interface Wanted {
  /** A kind of stick, or `auto`. */
  readonly use: string
  /** A serial port, or `auto`. */
  readonly at: string
  readonly modes?: readonly LinkMode[]
}

export interface AutoParts {
  readonly clock: Clock
  /** Devices that are spoken for: of other receivers, of a modem. */
  taken(device: string): boolean
  /** One search after the other: two would take the same stick. */
  inTurn<T>(work: () => Promise<T>): Promise<T>
  /** Where serial devices are. */
  readonly dev?: string
  said(path: string, text: string): void
}

/** A port on which the stick is first looked for. */
export interface AutoPort extends Port {
  /** Whom it found, as long as that is not known to be wrong. */
  found(): Found | null
  dialect(context: DialectContext): ReturnType<Stick['dialect']>
  /** It receives: at this port there is no need to ask the next time. */
  receiving(): void
}

const KINDS: Readonly<Record<string, Stick>> = STICKS
const isThere = (path: string): boolean => deviceOf(path) !== null

/**
 * Identifies before it claims: asks at each serial port that is nobody's who is there, and takes the first stick that fits. One that was
 * found is opened again without a question while its port is there; where it does not answer any more, or is gone, the others are asked.
 */
export function autoPort({ use, at, modes }: Wanted, { clock, taken, inTurn, dev, said }: AutoParts): AutoPort {
  const asked = strangers(clock)
  let found: Found | null = null
  let isGood = false
  const uses = (): readonly StickName[] => {
    const all = usesFor(use, modes)
    return found && all.includes(found.use) ? [found.use, ...all.filter((other) => other !== found!.use)] : all
  }
  const free = (): readonly string[] =>
    (at === 'auto' ? serialPaths(dev) : [at]).filter((path) => {
      const device = deviceOf(path)
      return device !== null && !taken(device) && path !== found?.at && asked.mayAsk(path)
    })
  const search = async (signal: AbortSignal): Promise<Found | string> => {
    const before = found && isThere(found.at) && !taken(deviceOf(found.at)!) ? found : null
    if (before && isGood) return before
    const inVain = (path: string, text: string): void => {
      asked.inVain(path)
      said(path, text)
    }
    const next = await findStick(free(), uses(), clock, { said: inVain, signal })
    found = next ?? before ?? found
    return next ?? before ?? NOBODY[at === 'auto' ? 'anywhere' : 'there']
  }

  return {
    found: () => (found && isThere(found.at) ? found : null),
    dialect: (context) => KINDS[found!.use]!.dialect(context, modes),
    receiving() {
      isGood = true
    },
    open(events) {
      const over = new AbortController()
      let link: Link | null = null
      const opening = inTurn(() => search(over.signal)).then((stick) => {
        if (over.signal.aborted) return
        isGood = false
        if (typeof stick === 'string') events.closed(stick)
        else link = serialPort(stick.at, KINDS[stick.use]!.baudRate, clock).open(events)
      })
      return {
        write: (bytes) => link?.write(bytes),
        async close() {
          over.abort()
          await opening
          await link?.close()
        },
      }
    },
  }
}

const NOBODY = {
  anywhere: 'no receiver answers on any serial port that is free: is it plugged in? "varmesky receivers probe" says what each port answers',
  there: 'no receiver answers on this port: is it plugged in? "varmesky receivers probe PATH" says what the port answers',
} as const
