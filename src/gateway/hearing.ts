/** From telegram to observation: the pipeline and what it remembers, each with its bounds. */
import type { Registry } from '../decoders/index.ts'
import type { Observation } from '../decoders/observation.ts'
import { identify } from '../identity.ts'
import { type KeyTrial, keyTrial } from '../keys/trial.ts'
import { learnedFormats } from '../memory/formats.ts'
import { fragmentedMessages } from '../memory/fragments.ts'
import { whenGone } from '../memory/gone.ts'
import { type Habits, loadHabits } from '../memory/habits.ts'
import { type HeardToday, heardToday } from '../memory/heard.ts'
import { loadMarks } from '../memory/marks.ts'
import { metersOnAir, type OnAir } from '../memory/on-air.ts'
import { type Protection, protection } from '../memory/protection.ts'
import { recentTelegrams } from '../memory/recent.ts'
import { type Receptions, receptions } from '../memory/reception.ts'
import type { RegisteredMeters } from '../memory/registered.ts'
import { type Unlisted, unlistedMeters } from '../memory/unlisted.ts'
import type { Observer } from '../outcome.ts'
import { type Pipeline, pipeline } from '../pipeline.ts'
import { dayOf, hourOfWeek } from '../readings/day.ts'
import type { Surroundings } from './surroundings.ts'

/** The same telegram from another receiver or a repeater comes within this time. */
const HEARD_TWICE_MS = 30_000
/** So many in that time is a city with every telegram of it heard; in a flood the time is shorter, and the memory no larger. */
const MOST_RECENT = 10_000
/** A message in fragments is complete within this time, or lost. */
const FRAGMENTS_KEPT_MS = 60_000
const MOST_FRAGMENTED = 1_000
/** What a crash may cost: meters whose key was confirmed since must confirm it again. */
const MARKS_WRITTEN_MS = 6 * 3_600_000
const UNLISTED_KEPT_MS = 24 * 3_600_000
const MOST_UNLISTED = 20_000
/** Reception is told of the last one to two of these. */
const RECEPTION_WINDOW_MS = 24 * 3_600_000
const MOST_RECEIVED = 20_000
const MOST_PROTECTED = 100_000
/** One row a meter: a crash costs a day of what was learned. */
const HABITS_WRITTEN_MS = 24 * 3_600_000

export interface HearingParts extends Surroundings {
  readonly meters: RegisteredMeters
  readonly registry: Registry
  readonly observers: readonly Observer[]
  offer(observation: Observation): void
}

export interface Hearing extends Pipeline {
  readonly heard: HeardToday
  readonly onAir: OnAir
  readonly reception: Receptions
  readonly habits: Habits
  readonly protection: Protection
  readonly trial: KeyTrial
  /** Null where the configuration does not want them listed. */
  readonly unlisted: Unlisted | null
}

export function startHearing(parts: HearingParts): Hearing {
  const { config, clock, log, store } = parts
  const today = () => {
    const utcMs = clock.utcMs()
    return utcMs === null ? null : dayOf(utcMs, config.timeZone)
  }
  const heard = heardToday(today)
  const promoted = (meter: string): void => parts.tell('meter.key-changed', { meter })
  const { marks, habits } = learned(parts)
  const listed = config.meters.unlisted === 'list'
  const unlisted = listed ? unlistedMeters(UNLISTED_KEPT_MS, MOST_UNLISTED) : null
  const onAir = metersOnAir({ keepMs: UNLISTED_KEPT_MS, most: MOST_UNLISTED, unlisted: listed, whose: identify })
  const reception = receptions(clock.monotonicMs(), RECEPTION_WINDOW_MS, MOST_RECEIVED)
  const findings = protection(MOST_PROTECTED)
  // Of another key nothing is known yet.
  store.meters.onChange(findings.forget)
  const formats = learnedFormats(store.memory)
  const trial = keyTrial({ store, marks, log, registry: parts.registry, formatOf: formats.formatOf, promoted })
  store.meters.onChange(trial.forget)
  const { receive, state } = pipeline({
    meters: parts.meters,
    registry: parts.registry,
    recent: recentTelegrams(HEARD_TWICE_MS, MOST_RECENT),
    fragments: fragmentedMessages(FRAGMENTS_KEPT_MS, MOST_FRAGMENTED),
    formats,
    marks,
    unlisted,
    policy: config.meters,
    observers: [heard, onAir, reception, habits, findings, trial, ...parts.observers],
    log,
    tell: parts.tell,
    offer: parts.offer,
  })
  return { receive, state, heard, onAir, reception, habits, protection: findings, trial, unlisted }
}

/** What outlives a restart: written from time to time and at stop, forgotten with its meter. */
function learned({ config, clock, log, store, onStop }: Surroundings) {
  const marks = loadMarks(store.memory, log)
  const habits = loadHabits(store.memory, log, (utcMs) => hourOfWeek(utcMs, config.timeZone))
  for (const [{ save }, everyMs] of [[marks, MARKS_WRITTEN_MS] as const, [habits, HABITS_WRITTEN_MS] as const]) {
    onStop(save)
    onStop(clock.every(everyMs, save))
  }
  whenGone(store.meters, (meter) => {
    marks.forget(meter)
    habits.forget(meter)
  })
  return { marks, habits }
}
