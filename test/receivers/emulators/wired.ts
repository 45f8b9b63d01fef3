import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { type ManualClock, manualClock } from '../../../src/clock.ts'
import { type Log, silentLog } from '../../../src/log.ts'
import { buildReceiver, type UseName } from '../../../src/receivers/build.ts'
import type { TellReceiver } from '../../../src/receivers/health/watch.ts'
import type { Receiver } from '../../../src/receivers/receiver.ts'
import type { Tape } from '../../../src/receivers/tape.ts'
import type { LinkMode, Telegram } from '../../../src/wmbus/telegram.ts'
import { openPty } from '../../support/pty.ts'
import { answering, type Emulator } from './emulator.ts'

/**
 * A receiver and its stick at the two ends of a real pseudo terminal, by a clock that moves only when all that was written has been read:
 * hours pass at once, and no machine is so busy that a question times out.
 */
export interface Wired {
  readonly receiver: Receiver
  readonly clock: ManualClock
  /** Telegrams since this was last called. */
  heard(): readonly Telegram[]
  /** What was asked, in hex, and the steps against silence, in the order in which they came. */
  readonly journal: readonly string[]
  readonly told: readonly (readonly [event: string, facts: object])[]
  /** Bytes of the stick; resolves once the receiver has them. */
  send(bytes: Uint8Array): Promise<void>
  /** Time passes second by second, with all that is said meanwhile. */
  pass(ms: number): Promise<void>
  /** Stays plugged in and answers nothing; false: answers again. */
  hang(on?: boolean): void
  close(): Promise<void>
}

const STEP_MS = 1000
const TURNS = 20
/** With a restart in it. */
const START_MS = 5000

export interface WireOptions {
  readonly modes?: readonly LinkMode[]
  /** Answers nothing from the start. */
  readonly hung?: boolean
}

/** Resolves once the stick is set up, or could have been. */
export async function wire(use: UseName, emulator: Emulator, { modes, hung: isHung = false }: WireOptions = {}): Promise<Wired> {
  const clock = manualClock(Date.UTC(2026, 10, 24))
  const pty = await openPty()
  const journal: string[] = []
  const told: [string, object][] = []
  let heard: Telegram[] = []
  let hung = isHung
  let closed = false
  const bytes = { said: 0, taken: 0, answered: 0, read: 0 }
  let isOpen = false

  const answer = answering(emulator, (request) => journal.push(Buffer.from(request).toString('hex')))
  pty.onData((written) => {
    bytes.taken += written.length
    const reply = answer(written)
    if (!hung) write(reply)
  })
  const write = (reply: Uint8Array): Promise<void> => {
    bytes.answered += reply.length
    return pty.write(reply)
  }
  const tape: Tape = {
    add(_, event) {
      if ('out' in event) bytes.said += event.out.length / 2
      if ('in' in event) bytes.read += event.in.length / 2
      if ('opened' in event) isOpen = true
      if ('closed' in event) isOpen = false
    },
    close: async () => {},
  }
  const step: Log['warn'] = (fields) => {
    if ('step' in fields) journal.push(String(fields.step))
  }
  const tell: TellReceiver = (event, facts) => told.push([event, facts])
  const receiver = buildReceiver(
    { name: 'mast', use, at: pty.path, ...(modes && { modes }) },
    { clock, log: { ...silentLog, debug: step, warn: step }, tell, tape },
  )

  const isQuiet = (): boolean =>
    bytes.said === bytes.taken && bytes.answered === bytes.read && (isOpen || ['waiting', 'closed'].includes(receiver.health().state))
  const settle = async (): Promise<void> => {
    await nextTurn()
    for (let turn = 0; !isQuiet() && !closed; turn++) await (turn < TURNS ? nextTurn() : sleep(1))
  }
  const pass = async (ms: number): Promise<void> => {
    for (let at = 0; at < ms; at += STEP_MS) {
      clock.advance(STEP_MS)
      await settle()
    }
  }
  void receiver.start((telegram) => heard.push(telegram))
  await settle()
  await pass(START_MS)
  return {
    ...{ receiver, clock, journal, told },
    heard() {
      const since = heard
      heard = []
      return since
    },
    async send(all) {
      await write(all)
      await settle()
    },
    pass,
    hang(on = true) {
      hung = on
    },
    async close() {
      closed = true
      await receiver.stop()
      pty.close()
    },
  }
}
