/** What is done about a modem that does not answer. */
export interface Recovery {
  /** The port is closed and opened for it. */
  readonly reopen: boolean
  /** Written before anything else. */
  readonly first: string
  readonly resets?: true
}

/** One step further each time, then the last two in turn. */
const RECOVERY: readonly Recovery[] = [
  { reopen: false, first: '' },
  // It may wait for the end of a message to be sent: ESC ends that.
  { reopen: false, first: '\x1b\r' },
  { reopen: true, first: '' },
  { reopen: true, first: 'AT+CFUN=1,1\r', resets: true },
]

/** @param silences one after the other */
export function recoveryFor(silences: number): Recovery {
  const last = RECOVERY.length - 1
  return RECOVERY[silences <= last ? silences : last - ((silences - last) % 2)]!
}
