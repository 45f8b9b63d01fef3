/** What happens to each meter on each day, and what a ledger must hold then: decided before anything is sent. */
import { endOfDay, nextDay, startOfDay } from '../readings/day.ts'
import type { Dice } from './dice.ts'
import { DIGITS, type Meter, makeMeter, shownAt } from './meter.ts'

/** One telegram that is heard. */
export interface Hearing {
  readonly meter: Meter
  readonly utcMs: number
  /** Which gateways hear it. */
  readonly gateways: readonly number[]
}

/** What billing must have of one meter and day. */
export interface Truth {
  readonly meter: string
  readonly installation: string
  readonly day: string
  readonly evidence: 'boundary' | 'early' | 'none'
  readonly energy: string
  readonly unit: string
  readonly volume: string
  /** Of a reading that is corrected by hand afterwards. */
  readonly corrected: boolean
}

export interface PlannedDay {
  readonly day: string
  readonly hearings: readonly Hearing[]
  readonly truths: readonly Truth[]
}

export interface PlanOptions {
  readonly meters: number
  readonly days: number
  /** The first day, YYYY-MM-DD. */
  readonly from: string
  readonly timeZone: string
  readonly gateways: number
  readonly random: Dice
}

export interface Plan {
  readonly meters: readonly Meter[]
  readonly days: readonly PlannedDay[]
}

const GAP = 0.02
const EARLY = 0.05
const CORRECTION = 0.01
const HEARD = 0.8
const TOLERANCE_MS = 15 * 60_000
const HOUR_MS = 3_600_000

type Kind = Truth['evidence']

const kindOf = (random: Dice): Kind => {
  if (random.chance(GAP)) return 'none'
  return random.chance(EARLY) ? 'early' : 'boundary'
}

/** What one meter does while it is there. */
interface Life {
  readonly meter: Meter
  /** By day of the plan; a day on which it is not there is null. */
  readonly kinds: readonly (Kind | null)[]
}

/** A city with one meter whose register ends, and one that is exchanged half-way. */
export function plan({ meters: count, days, from, timeZone, gateways, random }: PlanOptions): Plan {
  const startMs = startOfDay(from, timeZone)
  const half = Math.floor(days / 2)
  const city = Array.from({ length: count }, (_, i) => makeMeter(10_000_001 + i, `P-${i + 1}`, startMs, random))
  // Reaches the end of its register on the second day.
  if (city[0]) city[0] = { ...city[0], energy: KWH, startKwh: 10 ** DIGITS - 36 * city[0].power }
  const life = (meter: Meter, first: number, end: number): Life => ({
    meter,
    kinds: Array.from({ length: days }, (_, n) => (n >= first && n < end ? kindOf(random) : null)),
  })
  const lives = city.map((meter, i) => life(meter, 0, i === 1 ? half : days))
  if (city[1]) lives.push(life({ ...makeMeter(20_000_001, city[1].installation, startMs, random), startKwh: 0 }, half, days))
  const planned: PlannedDay[] = []
  for (let n = 0, day = from; n < days; n++, day = nextDay(day)) planned.push(dayOf(day, n, lives, { timeZone, gateways, random }))
  return { meters: lives.map(({ meter }) => meter), days: planned }
}

const KWH = { unit: 'kWh', perKwh: 1, decimals: 0, header: [0x06] } as const

function dayOf(day: string, n: number, lives: readonly Life[], o: Pick<PlanOptions, 'timeZone' | 'gateways' | 'random'>): PlannedDay {
  const boundaryMs = endOfDay(day, o.timeZone)
  const hearings: Hearing[] = []
  const truths: Truth[] = []
  for (const { meter, kinds } of lives) {
    const kind = kinds[n]
    if (!kind) continue
    // Heard after midnight, it would have a reading of the next day, too.
    const isHeardTomorrow = (kinds[n + 1] ?? 'none') !== 'none'
    const times = timesOf(kind, isHeardTomorrow, startOfDay(day, o.timeZone), boundaryMs, o.random)
    for (const utcMs of times) hearings.push({ meter, utcMs, gateways: listeners(o.gateways, o.random) })
    truths.push(truthOf(meter, day, times, boundaryMs, o.random))
  }
  return { day, hearings: hearings.sort((a, b) => a.utcMs - b.utcMs), truths }
}

/** When a meter is heard. Whole seconds: an odd number before midnight, an even one after it, so that one of them is nearer. */
function timesOf(kind: Kind, isHeardTomorrow: boolean, startMs: number, boundaryMs: number, random: Dice): number[] {
  if (kind === 'none') return []
  const away = (least: number): number => (2 * Math.floor(random.between(0, TOLERANCE_MS / 2000 - 1)) + least) * 1000
  // The day before closes at two.
  const early = Math.floor(random.between(startMs + 4 * HOUR_MS, boundaryMs - HOUR_MS) / 1000) * 1000
  if (kind === 'early') return [early]
  const before = boundaryMs - away(1)
  return isHeardTomorrow ? [early, before, boundaryMs + away(2)] : [early, before]
}

/** At least one gateway hears what is heard. */
function listeners(gateways: number, random: Dice): number[] {
  const sure = Math.floor(random.next() * gateways)
  return Array.from({ length: gateways }, (_, i) => i).filter((i) => i === sure || random.chance(HEARD))
}

function truthOf(meter: Meter, day: string, times: readonly number[], boundaryMs: number, random: Dice): Truth {
  const { name, installation, energy } = meter
  const [nearest] = [...times].sort((a, b) => Math.abs(a - boundaryMs) - Math.abs(b - boundaryMs) || a - b)
  const common = { meter: name, installation, day, unit: energy.unit }
  if (nearest === undefined) return { ...common, evidence: 'none', energy: '', volume: '', corrected: false }
  const shown = shownAt(meter, nearest)
  const corrected = random.chance(CORRECTION)
  return {
    ...common,
    evidence: Math.abs(nearest - boundaryMs) <= TOLERANCE_MS ? 'boundary' : 'early',
    energy: decimalText(shown.energyRaw + (corrected ? 1 : 0), energy.decimals),
    volume: decimalText(shown.volumeRaw, 2),
    corrected,
  }
}

const decimalText = (raw: number, decimals: number): string => {
  const digits = String(raw).padStart(decimals + 1, '0')
  return decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}
