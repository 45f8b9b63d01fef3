/** Is the wall clock right? Told by evidence that others leave in files; a guess is not evidence. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { RELEASED_UTC_MS } from '../released.ts'

/** What is said of the wall clock, and what to try where it is not known to be right. */
export const TRUST = {
  timesyncd: [true, 'systemd-timesyncd has synchronized the clock'],
  'time-sync': [true, 'varmesky-time.service has seen the clock synchronized'],
  file: [true, 'the file named in clock.trust is there'],
  always: [true, 'the clock is taken as right: clock.trust is always'],
  nobody: [true, 'nothing on this machine synchronizes the clock, so it is taken as right; for daily readings install systemd-timesyncd'],
  'timesyncd-waits': [false, 'systemd-timesyncd has not reached a time server yet: timedatectl timesync-status says why'],
  'time-sync-waits': [false, 'varmesky-time.service has not seen the clock synchronized yet: systemctl status time-sync.target'],
  mute: [false, 'chrony or ntpd runs, but does not tell when the clock is right: enable varmesky-time.service (docs/operations.md, Time)'],
  starting: [false, 'the machine has just started: what synchronizes its clock gets two minutes to appear'],
  'file-missing': [false, 'the file named in clock.trust is not there: whatever sets the clock has to create it'],
  stale: [false, 'the sign that the clock is synchronized is older than this boot or from the future: synchronize the clock again'],
  'before-release': [false, 'the clock shows a time before this release was made: set it, and check the battery of the real-time clock'],
  'beyond-release': [false, 'the clock is decades ahead of this release: set it, and check the battery of the real-time clock'],
  jumped: [
    false,
    'the clock jumped by more than a day: it is believed again when it is synchronized, or back where it was; if it is right now, restart the daemon',
  ],
  told: [true, 'the time was told'],
  unknown: [false, 'the time was not told'],
} as const satisfies Readonly<Record<string, readonly [known: boolean, text: string]>>

export type TrustReason = keyof typeof TRUST

/** A time server's client as it shows below `/run`: `sign` while it runs, `evidence` once it has set the clock in this boot. */
interface Keeper {
  readonly sign: string
  readonly evidence: string | null
  readonly right: TrustReason | null
  readonly waiting: TrustReason
}

/** chronyd and ntpd leave no file that says so: varmesky-time.service, which waits for time-sync.target, makes one for them. */
const KEEPERS: readonly Keeper[] = [
  { sign: 'systemd/timesync', evidence: 'systemd/timesync/synchronized', right: 'timesyncd', waiting: 'timesyncd-waits' },
  { sign: 'varmesky-time', evidence: 'varmesky-time/synchronized', right: 'time-sync', waiting: 'time-sync-waits' },
  { sign: 'chrony', evidence: null, right: null, waiting: 'mute' },
  { sign: 'ntpd.pid', evidence: null, right: null, waiting: 'mute' },
]

const DAY_MS = 86_400_000
/** A client is there so long after the boot, or there is none. */
const STARTING_MS = 120_000
/** No release is in use for longer. */
const LIFE_MS = 25 * 365.25 * DAY_MS
/** Steps of less are followed: a clock that was right is never a day off. */
const JUMP_MS = DAY_MS
/** timesyncd touches its file at every answer, at least every 34 minutes. */
const FRESH_MS = 3_600_000
const LOOK_MS = 1_000

export interface WallOptions {
  /** `auto`, `always`, or the path of a file that is made once the clock is right, anew in each boot. */
  readonly trust: string
  /** Where the system keeps what it forgets at shutdown; `/run`. */
  readonly run?: string
  /** Milliseconds since the boot. */
  monotonicMs(): number
  /** What the wall clock shows; `Date.now`. */
  wallMs?(): number
}

interface Wall {
  utcMs(): number | null
  reason(): TrustReason
}

interface Evidence {
  readonly reason: TrustReason
  /** When the file that says so was last touched, by the wall clock of that moment; null without a file. */
  readonly touchedMs: number | null
}

const touched = (path: string): number | null => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null
/** What cannot be looked at is not there. */
function touchedMs(path: string): number | null {
  try {
    return touched(path)
  } catch {
    return null
  }
}

function evidenceOf(trust: string, run: string, sinceBootMs: number): Evidence {
  if (trust === 'always') return { reason: 'always', touchedMs: null }
  if (trust !== 'auto') {
    const ms = touchedMs(trust)
    return { reason: ms === null ? 'file-missing' : 'file', touchedMs: ms }
  }
  for (const { evidence, right } of KEEPERS) {
    const ms = evidence === null ? null : touchedMs(join(run, evidence))
    if (ms !== null && right !== null) return { reason: right, touchedMs: ms }
  }
  const waiting = KEEPERS.find(({ sign }) => touchedMs(join(run, sign)) !== null)?.waiting
  return { reason: waiting ?? (sinceBootMs < STARTING_MS ? 'starting' : 'nobody'), touchedMs: null }
}

/** A file made in this boot is not older than it: where it seems so, it is left over, or the clock has jumped since. */
const isOfThisBoot = ({ touchedMs }: Evidence, wallMs: number, sinceBootMs: number): boolean =>
  touchedMs === null || (wallMs - touchedMs > -DAY_MS && wallMs - touchedMs < sinceBootMs + DAY_MS)

const impossible = (wallMs: number): TrustReason | null => {
  if (wallMs < RELEASED_UTC_MS) return 'before-release'
  return wallMs > RELEASED_UTC_MS + LIFE_MS ? 'beyond-release' : null
}

/** The last time the clock was known to be right. */
interface Right {
  reason: TrustReason
  /** Wall clock minus monotonic clock: only a step changes it. */
  aheadMs: number
  touchedMs: number | null
}

/** Null where the wall clock may be believed; `jumpedFrom`: where it was right before it jumped. */
function doubt(found: Evidence, ms: number, sinceBootMs: number, jumpedFrom: Right | null): TrustReason | null {
  if (!TRUST[found.reason][0]) return found.reason
  if (jumpedFrom === null) return isOfThisBoot(found, ms, sinceBootMs) ? null : 'stale'
  const anew = found.touchedMs !== null && found.touchedMs !== jumpedFrom.touchedMs && Math.abs(ms - found.touchedMs) < FRESH_MS
  return anew ? null : 'jumped'
}

/** Once right, the clock stays right until it jumps; then it must come back, or be synchronized anew. */
export function wallClock({ trust, run = '/run', monotonicMs, wallMs = () => Date.now() }: WallOptions): Wall {
  let reason: TrustReason = 'unknown'
  let right: Right | null = null
  let evidence: Evidence | null = null
  let lookedMs = 0

  const look = (nowMs: number): Evidence => {
    if (evidence === null || nowMs - lookedMs >= LOOK_MS) {
      evidence = evidenceOf(trust, run, nowMs)
      lookedMs = nowMs
    }
    return evidence
  }
  const utcMs = (): number | null => {
    const [ms, nowMs] = [wallMs(), monotonicMs()]
    const found = look(nowMs)
    const stays = right !== null && Math.abs(ms - nowMs - right.aheadMs) < JUMP_MS
    const doubted = impossible(ms) ?? (stays ? null : doubt(found, ms, nowMs, right))
    if (doubted !== null) {
      reason = doubted
      return null
    }
    reason = stays ? right!.reason : found.reason
    right ??= { reason, aheadMs: 0, touchedMs: null }
    right.reason = reason
    right.aheadMs = ms - nowMs
    right.touchedMs = found.touchedMs
    return ms
  }
  const now = (): TrustReason => {
    utcMs()
    return reason
  }
  return { utcMs, reason: now }
}
