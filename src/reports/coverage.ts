/** How an antenna covers its meters, and what limits it: distance, or telegrams that fall into one another. */
import type { MeterReception, ReceptionState } from '../memory/reception.ts'

export type Limit = 'distance' | 'collisions' | 'both' | 'neither' | 'unknown'

/** Shares, 0…1; null where it cannot be told. */
export interface ChannelLoad {
  /** Of the time there was a telegram on the air that was received. */
  readonly received: number
  /** The same with those that were not: `received` over the share of telegrams that is received. */
  readonly offered: number | null
  /** Of telegrams that nothing else falls into, by pure ALOHA: e^(−2 · offered). */
  readonly undisturbed: number | null
  /** Of what the best and the worst heard quarter of the meters send, the share that is received. */
  readonly strongest: number | null
  readonly weakest: number | null
  readonly limit: Limit
}

export interface CoveredMeter {
  readonly meter: string
  readonly installation: string | null
  readonly telegrams: number
  readonly rssi: number | null
}

export interface Coverage {
  /** What follows was heard in so many seconds. */
  readonly seconds: number
  /** Meters that are to be heard by radio. */
  readonly registered: number
  /** Registered ones that report by SMS alone: no antenna is to hear them, and none of the others counts them. */
  readonly bySms: number
  readonly heard: number
  readonly tenTimes: number
  readonly never: number
  readonly telegrams: number
  readonly damaged: number
  readonly unknownMode: number
  /** Meters by mean strength: from so many dBm, 5 dB each. */
  readonly histogram: readonly { readonly from: number; readonly meters: number }[]
  readonly load: ChannelLoad
  /** The weakest first, those never heard before them. */
  readonly meters: readonly CoveredMeter[]
}

/** A meter that is to be heard. */
export interface Expected {
  readonly meter: string
  readonly installation: string | null
}

const OFTEN = 10
const BIN_DB = 5

/** `smsAlone`: meters that report by SMS, and were never heard by radio. */
export function coverage(registered: readonly Expected[], state: ReceptionState, smsAlone: ReadonlySet<string> = new Set()): Coverage {
  const received = new Map(state.meters.map((meter) => [meter.meter, meter]))
  const expected = registered.filter(({ meter }) => received.has(meter) || !smsAlone.has(meter))
  const meters = expected.map(({ meter, installation }): CoveredMeter => {
    const { telegrams = 0, rssi = null } = received.get(meter) ?? {}
    return { meter, installation, telegrams, rssi }
  })
  const heard = meters.filter(({ telegrams }) => telegrams > 0)
  const never = meters.length - heard.length
  const bins = new Map<number, number>()
  for (const { rssi } of heard) {
    if (rssi === null) continue
    const from = BIN_DB * Math.floor(rssi / BIN_DB)
    bins.set(from, (bins.get(from) ?? 0) + 1)
  }
  return {
    seconds: Math.round(state.seconds),
    registered: meters.length,
    bySms: registered.length - expected.length,
    heard: heard.length,
    tenTimes: heard.filter(({ telegrams }) => telegrams >= OFTEN).length,
    never,
    telegrams: state.telegrams,
    damaged: state.damaged,
    unknownMode: state.unknownMode,
    histogram: [...bins].sort(([a], [b]) => b - a).map(([from, n]) => ({ from, meters: n })),
    load: loadOf(state, meters.length === 0 ? 0 : never / meters.length),
    meters: meters.sort((a, b) => strength(a) - strength(b) || a.telegrams - b.telegrams || (a.meter < b.meter ? -1 : 1)),
  }
}

/** Heard but never with dBm: among the strong, of which nothing need be told. */
const strength = ({ telegrams, rssi }: CoveredMeter): number => (telegrams === 0 ? Number.NEGATIVE_INFINITY : (rssi ?? 0))

/** Received of what was sent, by the meters' own intervals. */
function share(meters: readonly MeterReception[]): number {
  const sent = meters.reduce((sum, { seconds, intervalSeconds }) => sum + seconds / intervalSeconds!, 0)
  const got = meters.reduce((sum, { telegrams }) => sum + telegrams - 1, 0)
  return Math.min(1, got / sent)
}

const FEWEST_METERS = 8
/** Where even the strongest lose more than this, something falls into their telegrams. */
const STRONG_LOSS = 0.2
/** Where the weakest come through half as often as the strongest, it is distance. */
const WEAK_SHARE = 0.5
const MOST_NEVER = 0.05
/** By then every meter has sent. */
const NEVER_AFTER_SECONDS = 6 * 3600

function loadOf({ meters, airSeconds, seconds }: ReceptionState, never: number): ChannelLoad {
  const received = seconds > 0 ? rounded(airSeconds / seconds) : 0
  const known = meters.filter(
    ({ telegrams, seconds: of, intervalSeconds, rssi }) => telegrams > 1 && of > 0 && intervalSeconds && rssi !== null,
  )
  if (known.length < FEWEST_METERS) return { received, offered: null, undisturbed: null, strongest: null, weakest: null, limit: 'unknown' }
  const ranked = [...known].sort((a, b) => b.rssi! - a.rssi!)
  const quarter = Math.floor(ranked.length / 4)
  const [strongest, weakest] = [share(ranked.slice(0, quarter)), share(ranked.slice(-quarter))]
  const offered = seconds > 0 ? airSeconds / seconds / share(known) : 0
  const collisions = strongest < 1 - STRONG_LOSS
  const distance = weakest < WEAK_SHARE * strongest || (never > MOST_NEVER && seconds >= NEVER_AFTER_SECONDS)
  const limit = collisions ? (distance ? 'both' : 'collisions') : distance ? 'distance' : 'neither'
  return {
    received,
    offered: rounded(offered),
    undisturbed: rounded(Math.exp(-2 * offered)),
    strongest: rounded(strongest),
    weakest: rounded(weakest),
    limit,
  }
}

const rounded = (value: number): number => Number(value.toFixed(4))

export interface Compared {
  readonly before: Omit<Coverage, 'bySms' | 'meters' | 'histogram' | 'load'>
  readonly after: Omit<Coverage, 'bySms' | 'meters' | 'histogram' | 'load'>
  /** Meters whose reception is another: heard or not, or 6 dB or more. The greatest loss first. */
  readonly meters: readonly ChangedMeter[]
}

export interface ChangedMeter {
  readonly meter: string
  readonly installation: string | null
  readonly change: 'lost' | 'weaker' | 'stronger' | 'gained'
  readonly before: number | null
  readonly after: number | null
}

/** What antennas differ by; less is weather and cars. */
const CHANGE_DB = 6
const ORDER = ['lost', 'weaker', 'stronger', 'gained'] as const

export function compared(before: Coverage, after: Coverage): Compared {
  const then = new Map(before.meters.map((meter) => [meter.meter, meter]))
  const meters = after.meters.flatMap((now): ChangedMeter[] => {
    const was = then.get(now.meter)
    const change = was && changeOf(was, now)
    return change ? [{ meter: now.meter, installation: now.installation, change, before: was.rssi, after: now.rssi }] : []
  })
  const db = (m: ChangedMeter): number => (m.after ?? 0) - (m.before ?? 0)
  const rank = (m: ChangedMeter): number => ORDER.indexOf(m.change)
  return { before: countsOf(before), after: countsOf(after), meters: meters.sort((a, b) => rank(a) - rank(b) || db(a) - db(b)) }
}

function changeOf(was: CoveredMeter, now: CoveredMeter): ChangedMeter['change'] | null {
  if (was.telegrams > 0 !== now.telegrams > 0) return now.telegrams > 0 ? 'gained' : 'lost'
  if (was.rssi === null || now.rssi === null || Math.abs(now.rssi - was.rssi) < CHANGE_DB) return null
  return now.rssi < was.rssi ? 'weaker' : 'stronger'
}

const countsOf = ({ seconds, registered, heard, tenTimes, never, telegrams, damaged, unknownMode }: Coverage): Compared['before'] => ({
  ...{ seconds, registered, heard, tenTimes, never, telegrams, damaged, unknownMode },
})
