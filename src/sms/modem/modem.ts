/** A GSM or LTE modem on a serial port. A message leaves it only after `commit` has it on disk. */
import type { Clock } from '../../clock.ts'
import type { Log } from '../../log.ts'
import { keepOpen } from '../../receivers/keep-open.ts'
import type { Port } from '../../receivers/port.ts'
import { type Life, type LifeParts, type ModemState, modemLife } from './life.ts'
import type { Tally, Vitals } from './round.ts'

export interface ModemOptions extends Pick<LifeParts, 'pin' | 'commit' | 'deletes'> {
  readonly port: Port
  /** What the port is called in the log and in reports. */
  readonly at: string
  readonly clock: Clock
  readonly log: Log
}

export interface ModemHealth extends Readonly<Vitals>, Readonly<Tally> {
  readonly at: string
  readonly state: ModemState['phase']
  /** What keeps it from receiving, in words that say what to try; null where nothing does. */
  readonly trouble: string | null
  /** Since the start: ports opened again, resets asked for, times it began anew by itself. */
  readonly reopened: number
  readonly resets: number
  readonly reboots: number
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
  const { clock, log, at } = options
  const state: ModemState = {
    phase: 'closed',
    trouble: null,
    vitals: { signalDbm: null, registration: null, storage: null },
    tally: { listed: 0, deleted: 0, torn: 0 },
    openings: 0,
    resets: 0,
    reboots: 0,
    silences: 0,
    outgoing: [],
  }
  let life: Life | null = null
  const tell = (why: string | null): void => {
    if (why !== null && why !== state.trouble) log.warn({ modem: at }, why)
    state.trouble = why
  }
  const kept = keepOpen(
    options.port,
    {
      greet(write, done) {
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
      },
      data: (bytes) => life?.feed(bytes),
      hangUp() {
        life?.end()
        life = null
      },
      state(phase, why) {
        if (isPhase(phase)) state.phase = phase
        if (why !== null) tell(why)
      },
    },
    clock,
  )
  return {
    start: kept.start,
    async stop() {
      await kept.stop()
      for (const { done } of state.outgoing.splice(0)) done(false)
    },
    send: (message) =>
      new Promise((done) => {
        state.outgoing.push({ ...message, done })
        life?.wake()
      }),
    health: () => ({
      at,
      state: state.phase,
      trouble: state.trouble,
      ...state.vitals,
      ...state.tally,
      reopened: Math.max(0, state.openings - 1),
      resets: state.resets,
      reboots: state.reboots,
    }),
  }
}
