/**
 * What only a meter's past can tell: is this telegram a recording, and did its key really open it? Pure: (what is remembered,
 * what came) → what to remember, and a refusal or none.
 */
import { MARGIN, MOST_PER_HOUR } from './decoders/growth.ts'
import type { Observation } from './decoders/observation.ts'
import type { Freshness, Glimpse, Mark } from './memory/marks.ts'
import type { Refusal } from './policy.ts'
import type { Datagram } from './wmbus/datagram.ts'

export interface Judgement {
  readonly refusal: Refusal | null
  /** The meter's count began anew, and three telegrams that fit the past have shown it. */
  readonly restarted: boolean
  readonly mark: Mark
}

const MINUTE_MS = 60_000

/** Minutes of the extended link layer's session number: bits 28–4 (EN 13757-4). */
const sessionMinutes = (sessionNumber: number): number => (sessionNumber >>> 4) & 0x1ff_ffff

/** How new an encrypted telegram is by the meter's own count, the best evidence it carries; null where it tells nothing. */
export function freshnessOf(d: Datagram, observation: Observation): Freshness | null {
  if (d.messageCounter !== null) return { kind: 'counter', value: d.messageCounter }
  if (d.ell?.sessionNumber) return { kind: 'session', value: sessionMinutes(d.ell.sessionNumber) }
  const time = observation.meterTime === null ? Number.NaN : Date.parse(`${observation.meterTime}Z`)
  return Number.isNaN(time) ? null : { kind: 'clock', value: Math.floor(time / MINUTE_MS) }
}

/** Older by more than this is a recording: a counter never falls, a clock is put right now and then. */
const SLACK: Readonly<Record<Freshness['kind'], number>> = { counter: 0, session: 2, clock: 2 }

const isOlder = (fresh: Freshness, than: Freshness): boolean => fresh.kind === than.kind && fresh.value < than.value - SLACK[fresh.kind]

/** A count that began anew is believed after so many rising telegrams over so long. */
const RESTART = { times: 3, ms: 10 * MINUTE_MS }

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

const glimpseOf = ({ heard, measurements }: Observation): Glimpse => ({
  utcMs: heard.utcMs,
  registers: measurements
    .filter((m) => m.kind === 'register')
    .map((m) => ({ name: m.name, unit: m.unit, value: Number(m.raw) * 10 ** m.exponent, step: 10 ** m.exponent })),
})

/**
 * Could the same meter have said both? Registers keep unit and resolution, and rise, no faster than water and pipes allow. In how
 * many registers they agree; 0 where one of them speaks against it, or there is none in both.
 */
function agreement(later: Glimpse, earlier: Glimpse): number {
  const hours = later.utcMs === null || earlier.utcMs === null ? null : Math.max(later.utcMs - earlier.utcMs, 0) / HOUR_MS
  let common = 0
  for (const { name, unit, value, step } of later.registers) {
    const before = earlier.registers.find((r) => r.name === name && r.unit === unit && r.step === step)
    if (!before) continue
    common++
    const most = MOST_PER_HOUR[unit]
    if (value < before.value - step / 2) return 0
    if (hours !== null && most !== undefined && value - before.value > most * hours * MARGIN + step) return 0
  }
  return common
}

/** A meter's clock that is more than a day off is a sign of a false decryption, not of a slow clock. */
function clockFits({ meterTime, heard }: Observation): boolean {
  if (meterTime === null || heard.utcMs === null) return true
  const time = Date.parse(meterTime.length > 10 ? `${meterTime}Z` : `${meterTime}T12:00Z`)
  return Number.isNaN(time) || Math.abs(time - heard.utcMs) <= 1.5 * DAY_MS
}

const rises = (fresh: Freshness | null, newest: Freshness | null): boolean =>
  fresh !== null && (newest === null || fresh.kind !== newest.kind || fresh.value > newest.value)

/** Judges an observation from an opened, encrypted datagram by what is remembered of its meter. */
export function judge(mark: Mark, d: Datagram, observation: Observation): Judgement {
  const glimpse = glimpseOf(observation)
  const fresh = freshnessOf(d, observation)
  if (!mark.confirmed) return confirm(mark, d, fresh, glimpse, clockFits(observation))
  if (fresh !== null && mark.newest !== null && isOlder(fresh, mark.newest)) return older(mark, fresh, glimpse)
  const newest = rises(fresh, mark.newest) ? fresh : mark.newest
  return { refusal: null, restarted: false, mark: { ...mark, newest, glimpse, restart: null } }
}

/**
 * A wrong key passes 2F2F once in 65,536 telegrams, and one in ten of those parses: one telegram proves no key. Two that agree in
 * several registers do; of a single register, random bytes are sometimes a plausible pair, but no chain.
 */
const ENOUGH = { clockRight: 2, clockWrong: 3, oneRegister: 4 }
const SEVERAL = 2

/** A code this long is not met by chance or by trying; shorter ones are no proof of a key. */
const PROOF_BYTES = 8
const isProven = (d: Datagram): boolean => d.mac === 'right' && (d.afl === null || d.afl.macLength >= PROOF_BYTES)

function confirm(mark: Mark, d: Datagram, newest: Freshness | null, glimpse: Glimpse, clockRight: boolean): Judgement {
  const common = mark.glimpse === null ? 0 : agreement(glimpse, mark.glimpse)
  const fitting = common > 0 ? mark.fitting + 1 : 1
  const needed = common < SEVERAL ? ENOUGH.oneRegister : clockRight ? ENOUGH.clockRight : ENOUGH.clockWrong
  const confirmed = isProven(d) || fitting >= needed
  const refusal = confirmed ? null : 'policy.unconfirmed'
  return { refusal, restarted: false, mark: { ...mark, confirmed, fitting, newest, glimpse, restart: null } }
}

/** A recording, unless the meter itself began to count anew: then its telegrams rise from here, and its registers go on. */
function older(mark: Mark, fresh: Freshness, glimpse: Glimpse): Judgement {
  const refused = (restart: Mark['restart']): Judgement => ({ refusal: 'policy.replay', restarted: false, mark: { ...mark, restart } })
  if (glimpse.utcMs === null || mark.glimpse === null || agreement(glimpse, mark.glimpse) === 0) return refused(mark.restart)
  const { restart } = mark
  if (restart === null || !rises(fresh, restart.last)) return refused({ sinceMs: glimpse.utcMs, times: 1, last: fresh })
  const times = restart.times + 1
  if (times < RESTART.times || glimpse.utcMs - restart.sinceMs < RESTART.ms) return refused({ ...restart, times, last: fresh })
  return { refusal: null, restarted: true, mark: { ...mark, newest: fresh, glimpse, restart: null } }
}
