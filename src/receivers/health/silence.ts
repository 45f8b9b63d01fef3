/** How long silence is usual at a site, learned from the gaps between its telegrams. All times by the monotonic clock. */
export interface Rhythm {
  heard(atMs: number): void
  /** The device was set up anew: a telegram that follows soon came because of that, and the gap before it was no usual one. */
  acted(atMs: number): void
  /** The longest silence, in ms, that is usual at this time of the day. */
  usualMs(nowMs: number): number
  /** A longer silence than this, in ms, is not to be trusted any more. */
  patienceMs(nowMs: number): number
  /** How long it is silent now, in ms. */
  silentMs(nowMs: number): number
  /** Whether anything was ever heard. */
  everHeard(): boolean
}

const HOUR_MS = 3_600_000
const DAY = 24
/** Gaps are remembered by the hours they touched, for two days, and an hour more on either side. */
const HOURS = 2 * DAY + 2
/** The hour now running and the one before; and of the two days before those with one more, for what begins a little earlier today. */
const ALIKE = [0, 1, ...[1, 2].flatMap((days) => [-1, 0, 1].map((hour) => days * DAY + hour))]

/** So many times the longest usual gap must pass. */
const MARGIN = 3
const LEAST_MS = 2 * 60_000
/** While this hour of the day has not been lived through once, nobody knows whether it is a quiet one. */
const UNKNOWN_MS = 30 * 60_000
const MOST_MS = DAY * HOUR_MS
/** A telegram within this time after a setting-up may be its doing, however busy the site is. */
const SOON_MS = 60_000

/**
 * The longest gap by the hour of the day, since nights may be quiet where days are not. A constant telegram each 15 minutes and 400 in
 * a second are both learned within a day; until then a site gets half an hour.
 */
export function learnRhythm(startedMs: number): Rhythm {
  /** The longest gap that touched an hour, by the hour's number modulo their count, with that number to tell an old one. */
  const gaps = Array.from({ length: HOURS }, () => ({ hour: Number.NEGATIVE_INFINITY, gapMs: 0 }))
  let lastMs = startedMs
  let actedMs = Number.NEGATIVE_INFINITY
  let ever = false

  const hourOf = (ms: number): number => Math.floor((ms - startedMs) / HOUR_MS)
  const slot = (hour: number) => gaps[((hour % HOURS) + HOURS) % HOURS]!
  const gapIn = (hour: number): number => (slot(hour).hour === hour ? slot(hour).gapMs : 0)
  const learn = (toMs: number): void => {
    const gapMs = toMs - lastMs
    const to = hourOf(toMs)
    for (let hour = Math.max(hourOf(lastMs), to - HOURS + 1); hour <= to; hour++) {
      const known = slot(hour)
      if (known.hour === hour && known.gapMs >= gapMs) continue
      known.hour = hour
      known.gapMs = gapMs
    }
  }
  const usualMs = (nowMs: number): number => Math.max(...ALIKE.map((back) => gapIn(hourOf(nowMs) - back)))

  return {
    heard(atMs) {
      const isItsDoing = actedMs > lastMs && atMs - actedMs <= Math.max(SOON_MS, usualMs(atMs))
      if (!isItsDoing) learn(atMs)
      lastMs = Math.max(lastMs, atMs)
      ever = true
    },
    acted(atMs) {
      actedMs = atMs
    },
    usualMs,
    patienceMs(nowMs) {
      const isKnown = hourOf(nowMs) > DAY
      return Math.min(Math.max(isKnown ? LEAST_MS : UNKNOWN_MS, MARGIN * usualMs(nowMs)), MOST_MS)
    },
    silentMs: (nowMs) => nowMs - lastMs,
    everHeard: () => ever,
  }
}
