/** How a modem is made ready: a table of commands, each with what its answer means. */
import type { Answer, At } from './at.ts'

/** The PIN of the SIM, which locks itself after three wrong ones. */
export interface Pin {
  /** Null where there is none. */
  value(): Promise<string | null>
  /** It was given before, and since then the SIM has never been open: then it is not given again. */
  refused(): boolean
  /** It is about to be given: must be remembered, on disk, before this returns. */
  giving(): void
  /** The SIM is open. */
  accepted(): void
}

/** `again`: what stands in the way, and when to ask once more. */
export type Verdict = 'go' | { readonly again: string; readonly afterMs: number }

interface Step {
  /** Tried in order until one is answered with OK. */
  readonly commands: readonly string[]
  readonly takes?: RegExp
  readonly timeoutMs?: number
  /** The modem may know none of them. */
  readonly optional?: true
  readonly judge?: (answer: Answer, at: At, pin: Pin) => Promise<Verdict>
}

const SOON_MS = 2_000
const LATER_MS = 60_000

/** What the SIM is waiting for (27.007 §8.3), by what the modem says. */
const SIM: readonly (readonly [RegExp, Verdict])[] = [
  [
    /^\+CPIN: *(?:SIM PUK|SIM PIN2|PH-)/,
    { again: 'the SIM or the modem is locked: take the SIM to a phone and unlock it', afterMs: LATER_MS },
  ],
  [/^CME (?:10|13)$/, { again: 'there is no SIM: put one in', afterMs: 10_000 }],
  [/^CME 12$/, { again: 'the SIM is locked and wants its PUK: take it to a phone', afterMs: LATER_MS }],
]
const BUSY: Verdict = { again: 'the SIM is not ready yet', afterMs: SOON_MS }

const NO_PIN: Verdict = {
  again: 'the SIM asks for its PIN: put it into a file and name that (sms.pinFile, or --pin-file of sms listen)',
  afterMs: LATER_MS,
}
const REFUSED: Verdict = {
  again: 'the SIM did not take the PIN, and it is not given a second time: write the right one into its file',
  afterMs: LATER_MS,
}

async function sim({ lines, code }: Answer, at: At, pin: Pin): Promise<Verdict> {
  const said = lines[0] ?? (code === null ? '' : `CME ${code}`)
  if (/^\+CPIN: *READY/.test(said)) {
    pin.accepted()
    return 'go'
  }
  if (/^\+CPIN: *SIM PIN *$|^CME 11$/.test(said)) return unlock(at, pin)
  return SIM.find(([pattern]) => pattern.test(said))?.[1] ?? BUSY
}

/** Gives the PIN once. It is remembered before, so that not even a crash gives it twice. */
async function unlock(at: At, pin: Pin): Promise<Verdict> {
  if (pin.refused()) return REFUSED
  const value = await pin.value()
  if (value === null) return NO_PIN
  pin.giving()
  await at.ask(`AT+CPIN="${value}"`, { timeoutMs: 20_000 })
  return { again: 'the SIM is being opened', afterMs: SOON_MS }
}

export const SETUP: readonly Step[] = [
  { commands: ['AT'], timeoutMs: 2_000 },
  { commands: ['ATE0'] },
  { commands: ['AT+CMEE=1'], optional: true },
  { commands: ['AT+CPIN?'], takes: /^\+CPIN:/, judge: sim },
  { commands: ['AT+CMGF=0'] },
  { commands: ['AT+CREG=1'], optional: true },
  // Where messages are stored as they come: the modem has more room than the SIM.
  { commands: ['AT+CPMS="ME","ME","ME"', 'AT+CPMS="SM","SM","SM"'], takes: /^\+CPMS:/ },
  // Store each message, then tell of it: what is lost in between is in the storage still.
  { commands: ['AT+CNMI=2,1,0,0,0', 'AT+CNMI=1,1,0,0,0'], optional: true },
]

/** What one step came to. Rejects with a breakage. */
export async function take(step: Step, at: At, pin: Pin): Promise<Verdict> {
  const { takes, timeoutMs, judge } = step
  for (const command of step.commands) {
    const answer = await at.ask(command, { ...(takes && { takes }), ...(timeoutMs !== undefined && { timeoutMs }) })
    if (judge) return judge(answer, at, pin)
    if (answer.ok) return 'go'
  }
  return step.optional ? 'go' : { again: `the modem does not take ${step.commands[0]}`, afterMs: SOON_MS }
}
