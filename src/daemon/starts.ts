/** Starts of the daemon that did not live, counted in the runtime directory: a boot begins anew, whatever the disk does. */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Mode } from '../control/modes.ts'
import type { Beginning } from '../gateway/mode.ts'
import type { Log } from '../log.ts'
import { writeWhole } from '../store/disk/state-directory.ts'

/** Whoever runs this long has lived. */
export const LIVED_MS = 300_000
/** So many starts that did not live, with everything and then with the receivers off, and less is started. */
const MOST_STARTS = { normal: 5, 'receivers-off': 3 } as const

const countsSchema = z.object({ normal: z.int().min(0), safe: z.int().min(0) })
type Counts = z.output<typeof countsSchema>

export interface Start extends Beginning {
  /** It lives: in safe mode, too, which stays until everything has lived. */
  lived(): void
  /** It ends as it was told to. */
  ended(): void
}

const modeAfter = ({ normal, safe }: Counts): Mode =>
  normal < MOST_STARTS.normal ? 'normal' : safe < MOST_STARTS['receivers-off'] ? 'receivers-off' : 'store-only'

/**
 * Counts one more start, before anything that can end it.
 * @param only the mode it is to have, whatever was before
 */
export function beginStart(runtimeDirectory: string, log: Log, only?: Mode): Start {
  const file = join(runtimeDirectory, 'starts.json')
  const before = read(file)
  const mode = only ?? modeAfter(before)
  const kind = mode === 'normal' ? 'normal' : 'safe'
  write(file, { ...before, [kind]: before[kind] + 1 }, log)
  const ended = (): void => remove(file, log)
  return {
    mode,
    failed: before.normal + before.safe,
    lived: mode === 'normal' ? ended : () => write(file, { ...before, safe: 0 }, log),
    ended,
  }
}

/** What cannot be read counts as none: a box must not stay in safe mode for a damaged file. */
function read(file: string): Counts {
  try {
    return countsSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return { normal: 0, safe: 0 }
  }
}

function write(file: string, counts: Counts, log: Log): void {
  orWarn(log, () => writeWhole(file, JSON.stringify(counts)))
}

const remove = (file: string, log: Log): void => orWarn(log, () => rmSync(file, { force: true }))

const orWarn = (log: Log, act: () => void): void => {
  try {
    act()
  } catch (err) {
    log.warn({ err }, 'starts that did not live are not counted: the runtime directory cannot be written')
  }
}
