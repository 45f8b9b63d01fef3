/** A modem from one opening of its port to the next: woken, set up, served; brought back by steps when it falls silent. */
import type { Cancel, Clock } from '../../clock.ts'
import { isArrival, isBoot, registrationOf } from './answers.ts'
import { type At, atCommands, type Breakage, breakageOf } from './at.ts'
import { recoveryFor } from './recovery.ts'
import { type RoundParts, round, type Vitals } from './round.ts'
import { type Pin, SETUP, take } from './setup.ts'
import { isAlmostFull, type ModemState } from './state.ts'

export interface LifeParts {
  readonly state: ModemState
  readonly pin: Pin
  readonly commit: RoundParts['commit']
  readonly deletes: boolean
  readonly clock: Clock
  write(bytes: Uint8Array): void
  /** It is set up and was read out; told again each time it was. */
  ready(): void
  tell(trouble: string | null): void
}

export interface Life {
  feed(bytes: Uint8Array): void
  /** There is something to be sent. */
  wake(): void
  /** Lives until the port must be opened again: the trouble; null once `end` was called. */
  run(): Promise<string | null>
  end(): void
}

/** A message that was told of is read at once; what was not told of, within this time. */
const LIST_EVERY_MS = 5 * 60_000
const WATCHDOG_MS = 60_000
/** Parts of one message come together, and boot lines one after the other. */
const SETTLE_MS = 500
const BOOTING_MS = 3_000
/** The disk may have room again then. */
const COMMIT_AGAIN_MS = 30_000

/** An opening while it lasts. */
interface Opening extends LifeParts {
  readonly at: At
  /** Something came, or the line is closed: the rest that waits for it ends at once. */
  readonly wanted: { now: boolean; ended: boolean; wake: () => void }
}

export function modemLife(parts: LifeParts): Life {
  const { state, clock } = parts
  const wanted = { now: false, ended: false, wake: () => {} }
  const news = (line: string): void => {
    state.vitals.registration = registrationOf(line) ?? state.vitals.registration
    if (isBoot(line)) at.breakOff('rebooted')
    else if (!isArrival(line)) return
    wanted.now = true
    wanted.wake()
  }
  const at = atCommands(parts.write, news, clock)
  const opening = { ...parts, at, wanted }
  return {
    feed: at.feed,
    wake() {
      wanted.now = true
      wanted.wake()
    },
    run: () => live(opening),
    end() {
      wanted.ended = true
      at.breakOff('closed')
      wanted.wake()
    },
  }
}

/** Waits; `listening`: or until something comes. The end of the opening ends any wait. */
const rest = ({ clock, wanted }: Opening, ms: number, listening = false): Promise<void> =>
  new Promise((resolve) => {
    let cancel: Cancel = () => {}
    wanted.wake = () => {
      if (!wanted.ended && !(listening && wanted.now)) return
      cancel()
      resolve()
    }
    cancel = clock.after(ms, resolve)
    wanted.wake()
  })

async function live(opening: Opening): Promise<string | null> {
  const { state } = opening
  let broken = await during(opening, () => rouse(opening))
  for (;;) {
    broken ??= await during(opening, async () => {
      await setUp(opening)
      await serve(opening)
    })
    if (broken === 'closed' || broken === null) return null
    state.phase = 'setting up'
    if (broken === 'rebooted') state.reboots++
    else if (recoveryFor(++state.silences).reopen) return 'it does not answer: its port is opened again'
    const silent = broken === 'silent'
    broken = await during(opening, async () => {
      await rest(opening, silent ? SETTLE_MS : BOOTING_MS)
      opening.at.renew()
      if (silent) await rouse(opening)
    })
  }
}

/** How it broke off, or null where it came to its end. */
async function during(opening: Opening, act: () => Promise<void>): Promise<Breakage | null> {
  try {
    await act()
    return opening.wanted.ended ? 'closed' : null
  } catch (error) {
    const breakage = breakageOf(error)
    if (breakage === null) throw error
    return breakage
  }
}

/** The first thing said to a modem that fell silent before. */
async function rouse(opening: Opening): Promise<void> {
  const { first, resets } = recoveryFor(opening.state.silences)
  if (first === '') return
  if (resets) opening.state.resets++
  opening.write(Buffer.from(first, 'latin1'))
  await rest(opening, BOOTING_MS)
  opening.at.renew()
}

async function setUp(opening: Opening): Promise<void> {
  const { at, pin, tell } = opening
  for (const step of SETUP) {
    for (let verdict = await take(step, at, pin); verdict !== 'go'; verdict = await take(step, at, pin)) {
      tell(verdict.again)
      await rest(opening, verdict.afterMs)
    }
  }
}

/** Rounds, each when something came or it is time; in between, whether the modem still answers. */
async function serve(opening: Opening): Promise<void> {
  const { at, clock, state, wanted, tell } = opening
  for (;;) {
    wanted.now = false
    const refused = await committed(() => round({ ...opening, ...state }))
    state.silences = 0
    opening.ready()
    await sendAll(opening)
    tell(refused ?? fullness(state.vitals))
    const dueMs = clock.monotonicMs() + (refused === null ? LIST_EVERY_MS : COMMIT_AGAIN_MS)
    while (!wanted.now && clock.monotonicMs() < dueMs) {
      await rest(opening, Math.min(WATCHDOG_MS, dueMs - clock.monotonicMs()), true)
      if (!wanted.now) await at.ask('AT')
    }
    await rest(opening, SETTLE_MS)
  }
}

const SEND_MS = 60_000

async function sendAll({ at, state }: Opening): Promise<void> {
  for (let next = state.outgoing.shift(); next !== undefined; next = state.outgoing.shift()) {
    let sent = false
    try {
      sent = (await at.ask(`AT+CMGS=${next.length}`, { payload: `${next.pdu}\x1a`, takes: /^\+CMGS:/, timeoutMs: SEND_MS })).ok
    } finally {
      next.done(sent)
    }
  }
}

/** Why a round ended on this side of the line; a breakage passes. */
async function committed(act: () => Promise<void>): Promise<string | null> {
  try {
    await act()
    return null
  } catch (error) {
    if (breakageOf(error) !== null) throw error
    return `its messages stay where they are, because they cannot be stored: ${(error as Error).message}`
  }
}

const fullness = ({ storage }: Vitals): string | null =>
  isAlmostFull(storage) ? `its storage ${storage.memory} is almost full: ${storage.used} of ${storage.total} messages` : null
