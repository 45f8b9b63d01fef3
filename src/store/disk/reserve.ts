import { existsSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { writeWhole } from './state-directory.ts'

/** On a disk without a free byte SQLite cannot even delete or empty its WAL: this much is kept to be given up then. */
export const RESERVE_BYTES = 512 * 1024
/** The reserve is made again only where so much stays free beside it, or it would be the one that fills the disk. */
const ROOM_BESIDE = 4 * 1024 * 1024

interface Reserve {
  /** Gives the room back; true if there was any. */
  release(): boolean
  /** Makes the reserve where it is missing and there is room; false where there is none. */
  keep(): boolean
}

export const createReserve = (directory: string): Reserve => {
  const path = join(directory, 'varmesky.reserve')
  const release = (): boolean => {
    const held = existsSync(path)
    rmSync(path, { force: true })
    rmSync(`${path}.new`, { force: true })
    return held
  }
  return {
    release,
    keep() {
      try {
        if (existsSync(path)) return true
        if (roomIn(directory) < RESERVE_BYTES + ROOM_BESIDE) return false
        writeWhole(path, new Uint8Array(RESERVE_BYTES))
        return true
      } catch {
        rmSync(`${path}.new`, { force: true })
        return false
      }
    },
  }
}

const roomIn = (directory: string): number => {
  const { bavail, bsize } = statfsSync(directory)
  return bavail * bsize
}
