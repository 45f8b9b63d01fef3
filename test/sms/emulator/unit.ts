/** A modem as it stands: what it was told, what it has, and what it does by itself. */
import { renameSync, rmSync, symlinkSync } from 'node:fs'
import type { Clock } from '../../../src/clock.ts'
import { openPty, type Pty } from '../../support/pty.ts'
import { type Faults, noisy } from './faults.ts'
import type { Storage } from './storage.ts'

/** What a modem forgets when it begins anew. */
export interface Settings {
  readonly echo: boolean
  readonly pdu: boolean
  readonly told: boolean
  /** Which memory is read, and into which messages come. */
  readonly memory: string
  readonly into: string
}

export interface Unit {
  readonly path: string
  readonly clock: Clock
  readonly faults: Faults
  readonly storage: Storage
  readonly pin: string | undefined
  /** The settings of one that has just begun. */
  readonly anew: Settings
  readonly heard: string[]
  readonly sent: string[]
  settings: Settings
  state: 'on' | 'booting' | 'hung' | 'out'
  locked: boolean
  pinTries: number
  /** As +CREG numbers them. */
  registration: number
  /** It waits for a message, after `>`. */
  prompted: boolean
  input: string
  pty: Pty | null
  closed: boolean
}

const BOOT_LINES = ['RDY', '+CFUN: 1', '+CPIN: READY', 'SMS DONE', 'PB DONE']
const UNPLUGGED_MS = 3_000
const BOOT_MS = 2_000
const HOME = 1
const ROAMING = 5

/** Writes bytes, in one piece or in two. */
export function put({ state, faults, pty }: Unit, text: string): void {
  if (state === 'out' || pty === null) return
  const bytes = Buffer.from(text, 'latin1')
  const at = faults.strikes('cut') ? Math.floor(faults.dice() * bytes.length) : bytes.length
  pty.write(bytes.subarray(0, at)).then(() => pty.write(bytes.subarray(at)))
}

export const say = (unit: Unit, ...lines: readonly string[]): void => put(unit, noisy(unit.faults, lines))

/** Takes what the network has, as far as there is room. */
export function fetch(unit: Unit): void {
  const { storage, faults, settings } = unit
  const mayCome = (): boolean => unit.state !== 'out' && !unit.locked && [HOME, ROAMING].includes(unit.registration)
  storage.fetch(settings.into, mayCome, (index) => {
    if (settings.told && unit.state === 'on' && !faults.strikes('quiet')) say(unit, `+CMTI: "${settings.into}",${index}`)
  })
  if (storage.overflows(settings.into)) faults.note('full')
}

export function register(unit: Unit, registration: number): void {
  unit.registration = registration
  if (unit.closed) return
  if (unit.state === 'on') say(unit, `+CREG: ${registration}`)
  fetch(unit)
}

function forget(unit: Unit): void {
  Object.assign(unit, { settings: unit.anew, input: '', prompted: false, locked: unit.pin !== undefined })
  unit.storage.shuffle(unit.faults.dice)
}

/** `silent`: without a word. */
export function reboot(unit: Unit, silent = false): void {
  forget(unit)
  if (silent) return
  unit.state = 'booting'
  unit.clock.after(BOOT_MS, () => {
    if (unit.state !== 'booting') return
    unit.state = 'on'
    for (const line of BOOT_LINES) if (!unit.locked || line !== '+CPIN: READY') say(unit, line)
  })
}

/** Behind a link, as /dev/serial/by-id has them. */
export async function plug(unit: Unit, listen: (text: string) => void): Promise<void> {
  const pty = await openPty()
  if (unit.closed) return pty.close()
  unit.pty = pty
  symlinkSync(pty.path, `${unit.path}.new`)
  renameSync(`${unit.path}.new`, unit.path)
  pty.onData((bytes) => listen(Buffer.from(bytes).toString('latin1')))
  forget(unit)
  unit.state = 'on'
}

export function pull(unit: Unit): void {
  unit.state = 'out'
  rmSync(unit.path, { force: true })
  unit.pty?.close()
}

export async function unplug(unit: Unit, listen: (text: string) => void): Promise<void> {
  if (unit.state === 'out') return
  pull(unit)
  await new Promise<void>((resolve) => void unit.clock.after(UNPLUGGED_MS, resolve))
  if (!unit.closed) await plug(unit, listen)
}
