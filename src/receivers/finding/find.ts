import type { Clock } from '../../clock.ts'
import type { LinkMode } from '../../wmbus/telegram.ts'
import { hearsAll } from '../sticks/link-modes.ts'
import { STICKS, type Stick, type StickName } from '../sticks/sticks.ts'
import { ASKABLE, type Identified, probe } from './probe.ts'

/** Told on the way of a search, for a person or a log. */
export interface Searching {
  asking?(use: StickName, path: string): void
  /** Nobody we want is there, and why. */
  said?(path: string, text: string): void
  /** Breaks off; who is being asked is still left as he was. */
  readonly signal?: AbortSignal
}

export interface Found extends Identified {
  readonly at: string
}

const KINDS: Readonly<Record<string, Stick>> = STICKS

const canHear = (stick: StickName, modes: readonly LinkMode[] | undefined): boolean =>
  modes === undefined || KINDS[stick]!.modes.some((hears) => hearsAll({ name: '', hears }, modes))

/** The sticks that `use` may mean, `auto` every one that can hear what is wanted; none where nobody can be asked. */
export const usesFor = (use: string, modes: readonly LinkMode[] | undefined): readonly StickName[] =>
  ASKABLE.filter((stick) => (use === 'auto' ? canHear(stick, modes) : stick === use))

/** Asks at one port after the other until one of the wanted answers; null where none does. */
export async function findStick(
  paths: readonly string[],
  uses: readonly StickName[],
  clock: Clock,
  { asking, said, signal }: Searching = {},
): Promise<Found | null> {
  for (const at of paths) {
    const who = await probe(at, uses, clock, (use) => asking?.(use, at), signal)
    if (signal?.aborted) return null
    if (typeof who !== 'string' && uses.includes(who.use)) return { at, ...who }
    said?.(at, typeof who === 'string' ? who : `there is ${who.device}`)
  }
  return null
}
