/** A directory in which another program puts the messages it read from a modem: the second source, in place of the first or beside it. */
import { lstatSync, readdirSync, readFileSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { deliverPdus, type ReadMessage } from './pdu/deliver.ts'
import { SPOOL_FORMATS, type SpoolFormat } from './spool-files.ts'

export interface SpoolOptions {
  readonly directory: string
  readonly format: SpoolFormat
  /** Commits PDUs; throws where the disk refuses, and then the file stays. */
  commit(pdus: readonly string[]): void
  /** A time of a file as a moment, with the zone it is in; null where it is none. */
  momentOf(time: string): ReadMessage['at']
  readonly clock: Clock
  readonly log: Log
}

export interface SpoolHealth {
  readonly directory: string
  readonly taken: number
  /** Files that are there and no message. */
  readonly unread: number
  readonly trouble: string | null
}

export interface Spool {
  start(): void
  stop(): void
  health(): SpoolHealth
}

const LOOK_MS = 10_000
/** Longer than any message; what is larger is something else. */
const LONGEST = 100_000

export function watchSpool(options: SpoolOptions): Spool {
  const { directory, clock, log } = options
  const files = lookingAt(options)
  let trouble: string | null = null
  let stop = (): void => {}

  const round = (): void => {
    try {
      files.look(readdirSync(directory, { withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [entry.name] : [])))
      trouble = null
    } catch (error) {
      const why = `the spool directory cannot be read out: ${(error as Error).message}`
      if (why !== trouble) log.warn({ directory }, why)
      trouble = why
    }
  }
  return {
    start() {
      round()
      stop = clock.every(LOOK_MS, round)
    },
    stop: () => stop(),
    health: () => ({ directory, ...files.counts(), trouble }),
  }
}

/** What is done with the files that are there; throws where one cannot be read, stored or removed. */
function lookingAt(options: SpoolOptions) {
  const { directory, format, commit, log } = options
  /** Files that were looked at, by when they were changed: one that is still being written is read again. */
  const seen = new Map<string, number>()
  const strange = new Set<string>()
  let taken = 0

  const setAside = (name: string): void => {
    if (!strange.has(name))
      log.warn({ directory }, `a file in the spool directory is no message of ${format}${SPOOL_FORMATS[format].hint}: it stays there`)
    strange.add(name)
  }
  const lookAt = (name: string): void => {
    const path = join(directory, name)
    const { mtimeMs, size } = lstatSync(path)
    // Unchanged since the last look: whoever writes it is done.
    if (seen.get(name) !== mtimeMs) {
      seen.set(name, mtimeMs)
      return
    }
    const pdus = strange.has(name) || size > LONGEST ? null : pdusOf(options, name, readFileSync(path))
    if (pdus === null) setAside(name)
    else {
      commit(pdus)
      unlinkSync(path)
      seen.delete(name)
      taken++
    }
  }
  return {
    look(names: readonly string[]): void {
      for (const name of [...seen.keys()]) if (!names.includes(name)) seen.delete(name)
      for (const name of strange) if (!names.includes(name)) strange.delete(name)
      for (const name of [...names].sort()) if (!SPOOL_FORMATS[format].own?.test(name)) lookAt(name)
    },
    counts: () => ({ taken, unread: strange.size }),
  }
}

function pdusOf({ format, momentOf }: SpoolOptions, name: string, bytes: Uint8Array): readonly string[] | null {
  const messages = SPOOL_FORMATS[format].read(name, bytes)
  const pdus = messages?.map(({ time, ...message }) => deliverPdus({ ...message, at: time === null ? null : momentOf(time) }))
  return pdus?.every((each) => each !== null) ? pdus.flat() : null
}
