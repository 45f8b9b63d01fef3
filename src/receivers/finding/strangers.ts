import { statSync } from 'node:fs'
import type { Clock } from '../../clock.ts'

/** Ports that may be asked who is there: not at once, and not for ever. */
export interface Strangers {
  mayAsk(path: string): boolean
  /** It was asked, and is nobody we want. */
  inVain(path: string): void
}

/** A device has several names, and the one that stays comes last: what was plugged in just now is left alone for so long. */
const SETTLED_MS = 1000
/** Who does not answer is asked again after this time, then after twice as long, and so on. */
const FIRST_WAIT_MS = 5000
const LONGEST_WAIT_MS = 3_600_000

interface Known {
  readonly seenMs: number
  waitMs: number
  notBeforeMs: number
}

/** Every plugging in is a new device. */
export function strangers(clock: Clock): Strangers {
  const startedMs = clock.monotonicMs()
  let known = new Map<string, Known>()
  const of = (path: string): Known | null => {
    const device = deviceAt(path)
    if (device === null) return null
    const nowMs = clock.monotonicMs()
    const isNew = nowMs - startedMs > SETTLED_MS
    const found = known.get(device) ?? { seenMs: nowMs, waitMs: FIRST_WAIT_MS, notBeforeMs: isNew ? nowMs + SETTLED_MS : nowMs }
    // The last ones only: a port that is unplugged and plugged in for ever must not fill the memory.
    known = new Map([...known].slice(-MOST_KNOWN)).set(device, found)
    return found
  }
  return {
    mayAsk(path) {
      const device = of(path)
      return device !== null && clock.monotonicMs() >= device.notBeforeMs
    },
    inVain(path) {
      const device = of(path)
      if (device === null) return
      device.notBeforeMs = clock.monotonicMs() + device.waitMs
      device.waitMs = Math.min(2 * device.waitMs, LONGEST_WAIT_MS)
    },
  }
}

const MOST_KNOWN = 256

function deviceAt(path: string): string | null {
  const found = statSync(path, { throwIfNoEntry: false })
  return found ? `${found.dev}:${found.ino}:${found.rdev}` : null
}
