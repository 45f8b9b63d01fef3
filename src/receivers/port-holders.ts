import { readdir, readFile, readlink, realpath } from 'node:fs/promises'

/** A program that has a port open. */
export interface Holder {
  readonly pid: number
  readonly name: string
}

const orElse = <T>(asked: Promise<T>, otherwise: T): Promise<T> => asked.catch(() => otherwise)

/** Who has the device of a path open, besides this process; of programs of other users only root is told. */
export async function holdersOf(path: string): Promise<readonly Holder[]> {
  const device = await orElse(realpath(path), path)
  const pids = (await orElse(readdir('/proc'), [])).map(Number).filter((pid) => pid > 0 && pid !== process.pid)
  const holders: Holder[] = []
  for (const pid of pids)
    if (await holds(pid, device)) holders.push({ pid, name: (await orElse(readFile(`/proc/${pid}/comm`, 'utf8'), '')).trim() })
  return holders
}

async function holds(pid: number, device: string): Promise<boolean> {
  for (const fd of await orElse(readdir(`/proc/${pid}/fd`), []))
    if ((await orElse(readlink(`/proc/${pid}/fd/${fd}`), '')) === device) return true
  return false
}

/** `ModemManager (pid 712)`. */
export const holdersText = (holders: readonly Holder[]): string => holders.map(({ name, pid }) => `${name} (pid ${pid})`).join(', ')
