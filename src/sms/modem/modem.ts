/** A GSM or LTE modem on a serial port. A message leaves it only after `commit` has it on disk. */
import type { Clock } from '../../clock.ts'
import type { Log } from '../../log.ts'
import { keepOpen, type Session } from '../../receivers/ports/keep-open.ts'
import type { Port } from '../../receivers/ports/port.ts'
import { type Life, type LifeParts, modemLife } from './life.ts'
import { healthOf, type ModemHealth, type ModemState, stateAtStart } from './state.ts'

export interface ModemOptions extends Pick<LifeParts, 'pin' | 'commit' | 'deletes'> {
  readonly port: Port
  /** What the port is called in the log and in reports. */
  readonly at: string
  readonly clock: Clock
  readonly log: Log
}

export interface Modem {
  /** Resolves once it receives, or its port could not be opened. A modem that waits for its PIN does neither. */
  start(): Promise<void>
  stop(): Promise<void>
  /** Resolves with whether the network took it; where the modem is not there, once it is, or at the stop. */
  send(message: { readonly pdu: string; readonly length: number }): Promise<boolean>
  health(): ModemHealth
}

const PHASES: readonly string[] = ['opening', 'receiving', 'waiting', 'closed'] satisfies readonly ModemState['phase'][]
const isPhase = (phase: string): phase is ModemState['phase'] => PHASES.includes(phase)

export function startModem(options: ModemOptions): Modem {
  const { clock, at } = options
  const state = stateAtStart()
  const { session, wake } = sessions(options, state)
  const kept = keepOpen(options.port, session, clock)
  return {
    start: kept.start,
    async stop() {
      await kept.stop()
      for (const { done } of state.outgoing.splice(0)) done(false)
    },
    send: (message) =>
      new Promise((done) => {
        state.outgoing.push({ ...message, done })
        wake()
      }),
    health: () => healthOf(at, state),
  }
}

/** One life per opening of the port. */
function sessions(options: ModemOptions, state: ModemState): { readonly session: Session; wake(): void } {
  const { log, at } = options
  let life: Life | null = null
  const tell = (why: string | null): void => {
    if (why !== null && why !== state.trouble) log.warn({ modem: at }, why)
    state.trouble = why
  }
  const greet: Session['greet'] = (write, done) => {
    state.phase = 'setting up'
    state.openings++
    life = modemLife({ ...options, state, write, tell, ready: () => done(null) })
    life.run().then(
      (trouble) => trouble !== null && done(trouble),
      (err) => {
        log.error({ err, modem: at }, 'the modem met a bug: please report it')
        done('a bug was met, and is in the log')
      },
    )
  }
  const session: Session = {
    greet,
    data: (bytes) => life?.feed(bytes),
    hangUp() {
      life?.end()
      life = null
    },
    state(phase, why) {
      if (isPhase(phase)) state.phase = phase
      if (why !== null) tell(why)
    },
  }
  return { session, wake: () => life?.wake() }
}
