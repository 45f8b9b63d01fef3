import type { Clock } from '../clock.ts'
import type { Heard, Telegram } from '../wmbus/telegram.ts'
import type { Dialect, Step } from './dialect.ts'
import type { RecoveryStep } from './health/recovery.ts'
import { type Dialogue, startDialogue } from './sticks/dialogue.ts'

/** Called with null where a dialogue went well, else with the trouble. */
export type Done = (trouble: string | null) => void

/** What is spoken with a device: one dialect at a time, over one opening of its port after the other. */
export interface Talk {
  /** The port is open: sets the device up. `done` may be called again at any later time, with a trouble that has the port opened anew. */
  begin(write: (bytes: Uint8Array) => void, done: Done): void
  /** The port is open no longer. */
  end(): void
  feed(bytes: Uint8Array, heard: Heard): readonly Telegram[]
  flush(heard: Heard): readonly Telegram[]
  /** See `Dialect`; null while no port is open. */
  patienceMs(): number | null
  /** The device as it described itself; empty where it does not. */
  about(): string
  /** What can be done about silence, the gentlest first. */
  able(): readonly RecoveryStep[]
  /** Does it, and says how it went; `reopened` closes the port at once and says nothing. */
  take(step: RecoveryStep, why: string, done: Done): void
}

/** Every setting-up gets a new dialect: nothing half survives. */
export function talkIn(build: () => Dialect, clock: Clock): Talk {
  let dialect: Dialect | null = null
  let dialogue: Dialogue | null = null
  let write: (bytes: Uint8Array) => void = () => {}
  let opened: Done = () => {}

  const speak = (steps: readonly Step[], done: Done): void => {
    dialogue?.cancel()
    dialogue = startDialogue(steps, (bytes) => write(bytes), done, clock)
  }
  const setUp = (done: Done): void => {
    dialect = build()
    speak(dialect.dialogue, done)
  }
  return {
    begin(toDevice, done) {
      write = toDevice
      opened = done
      setUp(done)
    },
    end() {
      dialogue?.cancel()
      dialogue = null
      dialect = null
    },
    feed: (bytes, heard) => dialect?.feed(bytes, heard, dialogue?.answered) ?? [],
    flush: (heard) => dialect?.flush(heard) ?? [],
    patienceMs: () => dialect?.patienceMs ?? null,
    about: () => dialect?.about?.() ?? '',
    able: () => (dialect ? stepsOf(dialect) : []),
    take(step, why, done) {
      if (step === 'reopened') opened(why)
      else if (step === 'asked') speak(dialect?.alive ? [dialect.alive] : [], done)
      else if (step === 'set up') setUp(done)
      // Not even answered: whether the setting-up is, tells.
      else speak(dialect?.reset ?? [], () => setUp(done))
    },
  }
}

const stepsOf = ({ alive, dialogue, reset }: Dialect): readonly RecoveryStep[] => [
  ...(alive ? (['asked'] as const) : []),
  ...(dialogue.length > 0 ? (['set up'] as const) : []),
  ...(reset ? (['reset'] as const) : []),
  'reopened',
]
