/** Commands and answers of a modem (3GPP TS 27.007, 27.005): one command at a time, whatever else the modem says in between. */
import type { Cancel, Clock } from '../../clock.ts'
import { atLines } from './at-lines.ts'

/** What a modem answered to one command. */
export interface Answer {
  readonly ok: boolean
  /** Number of `+CME ERROR` or `+CMS ERROR`; null for a bare ERROR, and where all is well. */
  readonly code: number | null
  /** The lines of the answer, in order. */
  readonly lines: readonly string[]
}

export interface Question {
  /** Which lines belong to the answer; all others are news. */
  readonly takes?: RegExp
  readonly timeoutMs?: number
  /** What is written once the modem asks for it with `>`. */
  readonly payload?: string
}

/** Why there is no answer: the modem says nothing, has begun anew, or the line is closed. */
export type Breakage = 'silent' | 'rebooted' | 'closed'
const broken = (breakage: Breakage): Error & { readonly breakage: Breakage } =>
  Object.assign(new Error(`the modem is ${breakage}`), { breakage })
export const breakageOf = (error: unknown): Breakage | null => (error as { breakage?: Breakage } | null)?.breakage ?? null

export interface At {
  feed(bytes: Uint8Array): void
  /** Rejects with a breakage. Not before the last one has ended. */
  ask(command: string, question?: Question): Promise<Answer>
  /** Ends the question that waits, and every one from now on, until `renew`. */
  breakOff(breakage: Breakage): void
  renew(): void
}

const TIMEOUT_MS = 5000

/** The last line of an answer. */
const FINAL = /^(?:(OK)|ERROR|\+CM[ES] ERROR: *(\d+)?.*|COMMAND NOT SUPPORT|TOO MANY PARAMETERS)$/i

interface Pending {
  readonly command: string
  readonly question: Question
  readonly lines: string[]
  settle(answer: Answer): void
  fail(breakage: Breakage): void
}

/** `news` takes every line that is no answer: unsolicited results, boot messages, anything. It must not ask. */
export function atCommands(write: (bytes: Uint8Array) => void, news: (line: string) => void, clock: Clock): At {
  const { feed } = atLines()
  let pending: Pending | null = null
  let out: Breakage | null = null
  const send = (text: string): void => write(Buffer.from(text, 'latin1'))

  const ask = (command: string, question: Question): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const end = (then: () => void): void => {
        cancel()
        pending = null
        then()
      }
      const cancel: Cancel = clock.after(question.timeoutMs ?? TIMEOUT_MS, () => pending?.fail('silent'))
      pending = {
        command,
        question,
        lines: [],
        settle: (answer) => end(() => resolve(answer)),
        fail: (breakage) => end(() => reject(broken(breakage))),
      }
      send(`${command}\r`)
    })
  return {
    feed(bytes) {
      for (const line of feed(bytes)) {
        if (pending === null) news(line)
        else take(pending, line, send, news)
      }
    },
    async ask(command, question = {}) {
      if (out !== null) throw broken(out)
      if (pending !== null) throw new Error('a modem is asked one thing at a time')
      return ask(command, question)
    },
    breakOff(breakage) {
      out = breakage
      pending?.fail(breakage)
    },
    renew() {
      if (out !== 'closed') out = null
    },
  }
}

/** A line while a question waits: its end, the prompt for its message, a part of its answer, its own echo, or news. */
function take(
  { command, question, lines, settle }: Pending,
  text: string,
  send: (text: string) => void,
  news: (line: string) => void,
): void {
  const final = FINAL.exec(text)
  if (final) settle({ ok: final[1] !== undefined, code: final[2] === undefined ? null : Number(final[2]), lines })
  else if (text === '>') question.payload !== undefined && send(question.payload)
  else if (question.takes?.test(text)) lines.push(text)
  else if (text !== command) news(text)
}
