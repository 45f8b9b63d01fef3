import { chmodSync, chownSync, mkdirSync, statSync } from 'node:fs'

/** Makes the state directory where it is missing: its owner writes, its group may read. One that exists keeps its mode. */
export const makeStateDirectory = (directory: string): void => {
  mkdirSync(directory, { recursive: true, mode: 0o750 })
}

/**
 * Gives a file in the state directory its mode and the directory's owner: what a command run by root creates, the daemon
 * must be able to open later. Never opens the file: closing it again would drop the locks SQLite has on it.
 */
export const secureFile = (directory: string, path: string, mode: number): void => {
  chmodSync(path, mode)
  if (process.getuid?.() !== 0) return
  const { uid, gid } = statSync(directory)
  chownSync(path, uid, gid)
}
