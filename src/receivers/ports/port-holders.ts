import { readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'

/** A program that has a port open. */
export interface Holder {
  readonly pid: number
  readonly name: string
}

function orElse<T>(ask: () => T, otherwise: T): T {
  try {
    return ask()
  } catch {
    return otherwise
  }
}

/**
 * Who has the device of a path open, besides this process; of programs of other users only root is told. One program per turn: where
 * thousands of files are open, asking the thread pool for each takes half a minute on a busy machine.
 */
export async function holdersOf(path: string): Promise<readonly Holder[]> {
  const device = orElse(() => realpathSync(path), path)
  const pids = orElse(() => readdirSync('/proc'), [])
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid)
  const holders: Holder[] = []
  for (const pid of pids) {
    await nextTurn()
    if (holds(pid, device)) holders.push({ pid, name: orElse(() => readFileSync(`/proc/${pid}/comm`, 'utf8'), '').trim() })
  }
  return holders
}

const holds = (pid: number, device: string): boolean =>
  orElse(() => readdirSync(`/proc/${pid}/fd`), []).some(
    (fd) => orElse(() => readlinkSync(`/proc/${pid}/fd/${fd}`), '') === device && isSameFile(`/proc/${pid}/fd/${fd}`, device),
  )

/** In a container the same name is another device. */
const isSameFile = (a: string, b: string): boolean => {
  const [one, two] = [a, b].map((path) => orElse(() => statSync(path), null))
  return one != null && two != null && one.dev === two.dev && one.ino === two.ino
}

const MOST_NAMED = 5

/** `ModemManager (pid 712)`. */
export function holdersText(holders: readonly Holder[]): string {
  const named = holders.slice(0, MOST_NAMED).map(({ name, pid }) => `${name} (pid ${pid})`)
  return [named.join(', '), ...(holders.length > MOST_NAMED ? [`${holders.length - MOST_NAMED} more`] : [])].join(' and ')
}
