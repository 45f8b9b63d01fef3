import type { Cancel, Clock } from '../../clock.ts'
import type { PortState } from '../receiver.ts'
import type { Link, Port } from './port.ts'

/** What is spoken over one opening of a port after the other. */
export interface Session {
  /**
   * The port is open: sets the device up and calls `done` with null when it receives. With a trouble, then or at any time later, `done`
   * has the port closed and opened anew.
   */
  greet(write: (bytes: Uint8Array) => void, done: (trouble: string | null) => void): void
  data(bytes: Uint8Array): void
  /** This opening is over. `ended`: the source came to its end, nothing was torn off. */
  hangUp(ended: boolean): void
  state(state: PortState, trouble: string | null): void
}

/** Waits between attempts, the last one for ever: a device that is back is heard within two seconds. */
const WAITS_MS = [250, 500, 1000, 2000]
/** An opening that held this long was a good one: the waits begin anew. */
export const GOOD_MS = 10_000

export interface KeptOpen {
  /** Resolves once the first attempt has ended, well or not. */
  start(): Promise<void>
  stop(): Promise<void>
}

/** Keeps a port open: opens it, greets, and after any trouble closes and opens it again, until it ends or is stopped. */
export function keepOpen(port: Port, session: Session, clock: Clock): KeptOpen {
  const stopping = new AbortController()
  const { signal } = stopping
  let running: Promise<void> = Promise.resolve()

  const run = async (attempted: () => void): Promise<void> => {
    for (let failures = 0; !signal.aborted; failures++) {
      const openedMs = clock.monotonicMs()
      const trouble = await openOnce(port, session, signal, attempted)
      if (signal.aborted || trouble === null) break
      session.state('waiting', trouble)
      attempted()
      if (clock.monotonicMs() - openedMs >= GOOD_MS) failures = 0
      await unlessAborted<void>(signal, undefined, (over) => clock.after(WAITS_MS[Math.min(failures, WAITS_MS.length - 1)]!, over))
    }
    session.state(signal.aborted ? 'closed' : 'ended', null)
    attempted()
  }

  return {
    start: () =>
      new Promise((attempted) => {
        running = run(attempted)
      }),
    stop() {
      stopping.abort()
      return running
    },
  }
}

/** One opening, from open to closed: the trouble, or null where there will be no other. `attempted`: it receives. */
async function openOnce(port: Port, session: Session, signal: AbortSignal, attempted: () => void): Promise<string | null> {
  session.state('opening', null)
  let link: Link | undefined
  const trouble = await unlessAborted<string | null>(signal, null, (over) => {
    const greeted = (trouble: string | null): void => {
      if (trouble !== null) over(trouble)
      else {
        session.state('receiving', null)
        attempted()
      }
    }
    link = port.open({
      opened: () => session.greet((bytes) => link?.write(bytes), greeted),
      data: session.data,
      closed: over,
    })
  })
  session.hangUp(trouble === null && !signal.aborted)
  await link?.close()
  return trouble
}

/** What `begin` comes to, or `otherwise` once the signal is aborted; what it returned is called then. */
function unlessAborted<T>(signal: AbortSignal, otherwise: T, begin: (over: (value: T) => void) => Cancel | undefined): Promise<T> {
  return new Promise((resolve) => {
    let cancel: Cancel | undefined
    const aborted = (): void => {
      cancel?.()
      resolve(otherwise)
    }
    signal.addEventListener('abort', aborted, { once: true })
    cancel = begin((value) => {
      signal.removeEventListener('abort', aborted)
      resolve(value)
    })
  })
}
