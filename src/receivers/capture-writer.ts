import { createWriteStream, fstatSync, openSync } from 'node:fs'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Observer, Outcome } from '../outcome.ts'
import { captureLine } from './capture.ts'

export interface CaptureWriterOptions {
  readonly file: string
  /** Goes on with a file that exists; else that is an error. */
  readonly append?: boolean
  /** Stops before the file's new part is longer than this. */
  readonly maxBytes: number
  /** Stops after this time; null: never for that reason. */
  readonly forMs: number | null
  /** Telegrams of which meters are written, by the meter's name, null where it could not be read: who lives where is private. */
  readonly wanted: (meter: string | null) => boolean
  readonly clock: Clock
  readonly log: Log
}

export interface CaptureWriter extends Observer {
  outcome(outcome: Outcome): void
  /** Resolves once everything is in the file. */
  close(): Promise<void>
}

/** Writes what was received as a capture, readable by its owner only (0600). Throws an Error that says what to try. */
export function openCapture(options: CaptureWriterOptions): CaptureWriter {
  const { file, maxBytes, forMs, wanted, clock, log } = options
  const fd = openPrivate(file, options.append ?? false)
  const stream = createWriteStream('', { fd })
  const finished = new Promise<void>((resolve) => stream.once('close', () => resolve()))
  let telegrams = 0
  let bytes = 0
  let open = true
  // A capture that was cut off may end within a line.
  if (fstatSync(fd).size > 0) stream.write('\n')

  const stop = (why: string): void => {
    if (!open) return
    open = false
    cancelTimer()
    stream.end()
    log.info({ file, telegrams, bytes }, `capture ended: ${why}`)
  }
  const cancelTimer = forMs === null ? () => {} : clock.after(forMs, () => stop('its time is over'))
  stream.on('error', (error) => {
    open = false
    cancelTimer()
    log.error({ file, telegrams, bytes }, `capture broken off: ${error.message}`)
  })

  return {
    outcome({ telegram, meter }) {
      if (!open || !wanted(meter)) return
      const line = `${captureLine(telegram)}\n`
      const size = Buffer.byteLength(line)
      if (bytes + size > maxBytes) stop('it is as long as it may become')
      else {
        telegrams++
        bytes += size
        stream.write(line)
      }
    },
    close() {
      stop('closed')
      return finished
    },
  }
}

const TROUBLES: Readonly<Record<string, string>> = {
  EEXIST: 'it exists already: choose another name, or append to it',
  EACCES: 'not allowed to write there: choose another directory',
  ENOENT: 'no such directory',
  EISDIR: 'it is a directory',
  EROFS: 'the file system is read-only: choose another directory',
}

/** Opens a file for what was received, readable by its owner only. Throws an Error that says what to try. */
export function openPrivate(file: string, append: boolean): number {
  try {
    return openSync(file, append ? 'a' : 'ax', 0o600)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new Error(`capture ${file}: ${TROUBLES[code ?? ''] ?? message}`)
  }
}
