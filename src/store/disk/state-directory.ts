import { chmodSync, chownSync, closeSync, fsyncSync, mkdirSync, openSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

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

/** Writes a file whole or not at all, on disk when it returns: whoever reads it finds the old content or the new. */
export const writeWhole = (path: string, content: string | Uint8Array): void => {
  const next = `${path}.new`
  synced(openSync(next, 'w', 0o640), (file) => writeFileSync(file, content))
  secureFile(dirname(path), next, 0o640)
  renameSync(next, path)
  syncDirectory(dirname(path))
}

/** Makes the names in a directory last: a file that was created or renamed is found again after a power cut. */
export const syncDirectory = (directory: string): void => synced(openSync(directory, 'r'), () => {})

/** Does what it does with an open file, and closes it once that is on the disk. */
export const synced = (descriptor: number, write: (descriptor: number) => void): void => {
  try {
    write(descriptor)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
