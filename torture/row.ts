/** What a row of the torture table is. */
import { availableParallelism, loadavg } from 'node:os'

/** `short` for every change, `usual` in minutes, `full` for a release. */
export type Scale = 'short' | 'usual' | 'full'

/** Makes the row fail: one text of the compiled product replaced by another. */
export interface Mutation {
  /** Below `src/`, compiled: `store/disk/database.js`. */
  readonly file: string
  readonly find: string
  readonly put: string
}

export interface Ground {
  /** The compiled product and what runs inside its processes; nobody else's, so that it may be mutated. */
  readonly build: string
  /** An empty directory on a disk. */
  readonly directory: string
  readonly scale: Scale
  readonly seed: number
  /** Takes what must be undone when the row is over, the last first. */
  later(step: () => unknown): void
}

export interface Figure {
  /** What was measured, for people. */
  readonly says: string
  readonly kept: boolean
}

/** The figures of a row, or why it could not run here. */
export type Result = readonly Figure[] | { readonly notRun: string }

export interface Row {
  readonly id: string
  readonly title: string
  readonly limit: string
  readonly mutation: Mutation | null
  /** It waits most of its time: at `short` the other rows are run meanwhile. */
  readonly waits?: true
  run(ground: Ground): Promise<Result>
}

/** A figure that must not be above its limit. */
export const atMost = (name: string, value: number, limit: number, unit = ''): Figure => ({
  says: `${name} ${rounded(value)}${unit}`,
  kept: value <= limit,
})

export const atLeast = (name: string, value: number, limit: number, unit = ''): Figure => ({
  says: `${name} ${rounded(value)}${unit}`,
  kept: value >= limit,
})

/** Seconds that must not be more: on a machine with more to do than it can, they are told and not judged. */
export const timely = (name: string, seconds: number, limit: number): Figure => {
  const load = loadavg()[0]! / availableParallelism()
  const isSpoilt = seconds > limit && seconds < Number.POSITIVE_INFINITY && load > 1.5
  const says = `${name} ${rounded(seconds)} s`
  return { says: isSpoilt ? `${says} (not judged: load ${load.toFixed(1)} per core)` : says, kept: seconds <= limit || isSpoilt }
}

/** A figure nobody set a limit for. */
export const note = (says: string): Figure => ({ says, kept: true })

export const holds = (says: string, kept: boolean): Figure => ({ says: kept ? says : `not: ${says}`, kept })

const rounded = (value: number): string =>
  (Number.isInteger(value) ? value : Number(value.toFixed(value < 10 ? 2 : 0))).toLocaleString('en')
