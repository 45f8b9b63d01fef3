import { type ChildProcess, spawn } from 'node:child_process'
import type { Clock } from '../../clock.ts'
import { inTurns } from './in-turns.ts'
import type { Port } from './port.ts'

/** So long a program may take to end when it is asked to; then it is killed. */
const GRACE_MS = 2000
const LOOK_MS = 50
/** Of what a program says about itself, so much is kept. */
const LAST_WORDS = 1000
const LAST_LINES = 3

/** What the shell says it could not do, by its exit status. */
const STATUSES: Readonly<Record<number, string>> = {
  126: 'it may not be run: chmod +x',
  127: 'no such program: is it installed, and in the PATH of the service?',
}

/**
 * The standard output of a program, or of several behind one another (`rtl_sdr … - | rtl_wmbus`): a line for /bin/sh. They are a
 * process group of their own, which is ended as a whole. `done`: one that ends with status 0 is not started again, and is told with its last
 * words; null where something came of it.
 */
export const programPort = (command: string, clock: Clock, done?: (lastWords: string | null) => void): Port => ({
  open({ opened, data, closed }) {
    const child = spawn('/bin/sh', ['-c', command], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    let over = false
    let words = ''
    let came = false
    const leaveOff = inTurns(child.stdout, (bytes) => {
      came = true
      data(bytes)
    })
    child.stderr.on('data', (bytes: Buffer) => {
      words = (words + bytes.toString('latin1')).slice(-LAST_WORDS)
    })
    child.once('spawn', () => over || opened())
    const ended = new Promise<void>((resolve) => {
      const end = (trouble: string | null): void => {
        resolve()
        if (!over) closed(trouble)
      }
      child.once('error', (error) => end(`/bin/sh cannot be started: ${error.message}`))
      child.once('close', (status, signal) => {
        const isDone = status === 0 && done !== undefined
        if (isDone && !over) done(came ? null : lastOf(words))
        end(isDone ? null : obituary(status, signal, words))
      })
      // Whoever is left of a pipe whose end has gone.
      child.once('exit', () => signalTo(child, 'SIGTERM'))
    })
    return {
      write() {},
      async close() {
        over = true
        leaveOff()
        child.stdout.resume()
        await endGroup(child, clock)
        await ended
      },
    }
  },
})

const lastOf = (words: string): string =>
  words
    .trim()
    .split(/\s*[\r\n]+\s*/)
    .slice(-LAST_LINES)
    .join(' | ')

const obituary = (status: number | null, signal: NodeJS.Signals | null, words: string): string => {
  const how = signal ? `was ended by ${signal}` : status === 0 ? 'ended by itself' : `ended with status ${status}`
  return [`the program ${how}`, STATUSES[status ?? 0] ?? '', lastOf(words)].filter((part) => part !== '').join(': ')
}

/** False where nobody is left in the group. Signal 0 only asks. */
function signalTo({ pid }: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  try {
    return pid !== undefined && process.kill(-pid, signal)
  } catch {
    return false
  }
}

async function endGroup(child: ChildProcess, clock: Clock): Promise<void> {
  signalTo(child, 'SIGTERM')
  for (let waitedMs = 0; signalTo(child, 0) && waitedMs < GRACE_MS; waitedMs += LOOK_MS)
    await new Promise<void>((resolve) => clock.after(LOOK_MS, resolve))
  signalTo(child, 'SIGKILL')
}
