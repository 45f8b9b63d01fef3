/**
 * A GSM modem on a real pseudo terminal, and the network that delivers to it. It does what it is asked by 3GPP TS 27.005, and whatever
 * else a seed says: `emulator/faults.ts` lists it.
 */
import type { Clock } from '../../src/clock.ts'
import { type FaultRates, faultsBy, type Happened, NO_FAULTS } from './emulator/faults.ts'
import { listenOn } from './emulator/input.ts'
import { storageOf } from './emulator/storage.ts'
import { fetch, plug, pull, reboot, register, say, type Unit, unplug } from './emulator/unit.ts'

export interface EmulatorOptions {
  /** Where its port is found: a link, as /dev/serial/by-id has them. */
  readonly path: string
  readonly clock: Clock
  readonly dice: () => number
  readonly rates?: FaultRates
  /** Messages each memory holds. */
  readonly capacity?: number
  readonly memories?: readonly string[]
  readonly pin?: string
}

export interface Emulator {
  /** The network has a message for it: stored as soon as there is room. */
  deliver(pdu: string): void
  /** PDUs that are still in the network or in its storage. */
  left(): number
  stored(): readonly string[]
  /** What stood in its storage is gone without a word, and these stand there, in the memory that is selected. */
  replace(pdus: readonly string[]): void
  /** Everything it was sent, with the PIN. */
  heard(): readonly string[]
  /** Messages it was told to send. */
  sent(): readonly string[]
  pinTries(): number
  /** How often each fault struck. */
  happened(): Readonly<Partial<Record<Happened, number>>>
  /** No faults from here on. */
  calm(): void
  say(line: string): void
  /** Its network from here on, as +CREG numbers them; told, and nothing comes in without one. */
  network(registration: number): void
  hang(): void
  unplug(): Promise<void>
  /** Begins anew; `silent`: without a word. What it has may stand elsewhere then. */
  reboot(silent?: boolean): void
  close(): void
}

export async function modemEmulator(options: EmulatorOptions): Promise<Emulator> {
  const unit = unitOf(options)
  const { storage, faults } = unit
  const listen = listenOn(unit)
  await plug(unit, listen)
  return {
    deliver(pdu) {
      storage.deliver(pdu)
      if (unit.state === 'on') fetch(unit)
    },
    left: storage.left,
    stored: storage.all,
    replace(pdus) {
      storage.clear()
      for (const [i, pdu] of pdus.entries()) storage.of(unit.settings.memory).set(i + 1, { status: 0, pdu })
    },
    heard: () => unit.heard,
    sent: () => unit.sent,
    pinTries: () => unit.pinTries,
    happened: faults.happened,
    calm() {
      faults.calm()
      fetch(unit)
    },
    say: (line) => say(unit, line),
    network: (registration) => register(unit, registration),
    hang() {
      unit.state = 'hung'
    },
    unplug: () => unplug(unit, listen),
    reboot: (silent) => reboot(unit, silent),
    close() {
      if (unit.closed) return
      unit.closed = true
      pull(unit)
    },
  }
}

function unitOf({ path, clock, dice, rates = NO_FAULTS, capacity = 10, memories = ['SM', 'ME'], pin }: EmulatorOptions): Unit {
  const anew = { echo: true, pdu: false, told: false, memory: memories[0]!, into: memories[0]! }
  return {
    path,
    clock,
    faults: faultsBy(dice, rates),
    storage: storageOf(memories, capacity),
    pin,
    anew,
    settings: anew,
    heard: [],
    sent: [],
    state: 'on',
    locked: pin !== undefined,
    pinTries: 0,
    registration: 1,
    prompted: false,
    input: '',
    pty: null,
    closed: false,
  }
}
