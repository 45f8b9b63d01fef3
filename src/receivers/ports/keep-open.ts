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
const GOOD_MS = 10_000

export interface KeptOpen {
  /** Resolves once the first attempt has ended, well or not. */
  start(): Promise<void>
  stop(): Promise<void>
}

/** Keeps a port open: opens it, greets, and after any trouble closes and opens it again, until it ends or is stopped. */
export function keepOpen(port: Port, session: Session, clock: Clock): KeptOpen {
  let stopped = false
  /** Breaks off whatever is being waited for. */
  let interrupt = (): void => {}
  let running: Promise<void> = Promise.resolve()

  /** One opening, from open to closed: the trouble, or null where there will be no other. */
  const once = async (attempted: () => void): Promise<string | null> => {
    session.state('opening', null)
    let link: Link | undefined
    const trouble = await new Promise<string | null>((over) => {
      interrupt = () => over(null)
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
    session.hangUp(trouble === null && !stopped)
    await link?.close()
    return trouble
  }

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      let cancel: Cancel = () => {}
      interrupt = () => {
        cancel()
        resolve()
      }
      cancel = clock.after(ms, resolve)
    })

  const run = async (attempted: () => void): Promise<void> => {
    for (let failures = 0; !stopped; failures++) {
      const openedMs = clock.monotonicMs()
      const trouble = await once(attempted)
      if (stopped || trouble === null) break
      session.state('waiting', trouble)
      attempted()
      if (clock.monotonicMs() - openedMs > GOOD_MS) failures = 0
      await pause(WAITS_MS[Math.min(failures, WAITS_MS.length - 1)]!)
    }
    session.state(stopped ? 'closed' : 'ended', null)
    attempted()
  }

  return {
    start: () =>
      new Promise((attempted) => {
        running = run(attempted)
      }),
    stop() {
      stopped = true
      interrupt()
      return running
    },
  }
}
