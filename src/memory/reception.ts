import type { Observer, Outcome } from '../outcome.ts'
import { airTimeMs } from '../wmbus/air-time.ts'
import type { Datagram } from '../wmbus/datagram.ts'
import { type Hearing, heardBest } from './recent.ts'

/** One registered meter as it was received in the last one to two days. */
export interface MeterReception {
  readonly meter: string
  readonly telegrams: number
  /** Mean in dBm, of each telegram at the receiver that heard it best; null where none tells dBm. */
  readonly rssi: number | null
  /** Seconds from one of its telegrams to the next, heard or not, by its access number; null where that does not count them. */
  readonly intervalSeconds: number | null
  /** From the first telegram of these to the last. */
  readonly seconds: number
}

export interface ReceptionState {
  /** What is counted here was heard in so many seconds. */
  readonly seconds: number
  /** Of all meters, each counted once. */
  readonly telegrams: number
  /** Frames with a wrong CRC, where a receiver delivers such. */
  readonly damaged: number
  /** Seconds in which those telegrams were on the air. */
  readonly airSeconds: number
  /** Telegrams whose link mode no receiver told: counted as C1, the shortest. */
  readonly unknownMode: number
  readonly meters: readonly MeterReception[]
}

/** How well meters are received, in RAM only: what a survey of an antenna asks. */
export interface Receptions extends Observer {
  state(nowMs: number): ReceptionState
}

interface Tally {
  telegrams: number
  rssiSum: number
  rssiCount: number
  firstMs: number
  lastMs: number
  accessNumber: number | null
  intervalMs: number | null
  /** Of the last telegram, which other receivers may yet hear better; and what is in the sum of it. */
  hearing: Hearing | null
  rssi: number | null
}

/** All times by the monotonic clock. */
interface Window {
  readonly startMs: number
  telegrams: number
  damaged: number
  airMs: number
  unknownMode: number
  readonly meters: Map<string, Tally>
}

const windowFrom = (startMs: number): Window => ({ startMs, telegrams: 0, damaged: 0, airMs: 0, unknownMode: 0, meters: new Map() })

/** Counts in two windows, this one and the one before. One tally per registered meter heard, `most` at the most. */
export function receptions(startMs: number, windowMs: number, most: number): Receptions {
  let [now, before] = [windowFrom(startMs), windowFrom(startMs)]
  const turn = (nowMs: number): void => {
    const passed = Math.floor((nowMs - now.startMs) / windowMs)
    if (passed < 1) return
    const nextMs = now.startMs + passed * windowMs
    // Nobody can hear their last telegrams better any more.
    for (const tally of now.meters.values()) tally.hearing = null
    before = passed === 1 ? now : windowFrom(nextMs)
    now = windowFrom(nextMs)
  }
  return {
    outcome(outcome) {
      turn(outcome.telegram.heard.monotonicMs)
      count(now, outcome)
      const { kind, meter, datagram } = outcome
      if (kind === 'unlisted' || meter === null || datagram === null) return
      const known = now.meters.get(meter)
      if (kind === 'duplicate') {
        if (known && known.hearing === outcome.hearing) countStrength(known)
        return
      }
      if (known || now.meters.size < most) now.meters.set(meter, heard(known, outcome, datagram))
    },
    state(nowMs) {
      turn(nowMs)
      const both = [before, now]
      const sum = (of: (window: Window) => number): number => both.reduce((all, window) => all + of(window), 0)
      const names = new Set(both.flatMap(({ meters }) => [...meters.keys()]))
      return {
        seconds: (nowMs - before.startMs) / 1000,
        telegrams: sum((w) => w.telegrams),
        damaged: sum((w) => w.damaged),
        airSeconds: sum((w) => w.airMs) / 1000,
        unknownMode: sum((w) => w.unknownMode),
        meters: [...names].map((meter) =>
          told(
            meter,
            both.flatMap(({ meters }) => meters.get(meter) ?? []),
          ),
        ),
      }
    },
  }
}

function count(window: Window, { kind, reason, meter, telegram, datagram }: Outcome): void {
  if (reason === 'dll.crc') window.damaged++
  if (kind === 'duplicate' || meter === null) return
  window.telegrams++
  if (telegram.mode === null) window.unknownMode++
  window.airMs += airTimeMs((datagram ?? telegram).bytes.length, telegram.mode ?? 'c1')
}

const accessNumberOf = ({ ell, tpl }: Datagram): number | null =>
  ell ? ell.accessNumber : tpl && tpl.header !== 'none' ? tpl.accessNumber : null

/** Access numbers are of one byte: a step tells how many telegrams were sent, but for whole rounds. */
const ROUND = 256

/** The strength of the last telegram at the receiver that heard it best so far, in the place of what was counted of it before. */
function countStrength(tally: Tally): void {
  const rssi = heardBest(tally.hearing?.by ?? [])?.rssi ?? null
  if (rssi === null) return
  tally.rssiSum += rssi - (tally.rssi ?? 0)
  if (tally.rssi === null) tally.rssiCount++
  tally.rssi = rssi
}

function heard(known: Tally | undefined, { telegram, hearing }: Outcome, d: Datagram): Tally {
  const { monotonicMs } = telegram.heard
  const accessNumber = accessNumberOf(d)
  const tally = known ?? {
    telegrams: 0,
    rssiSum: 0,
    rssiCount: 0,
    firstMs: monotonicMs,
    lastMs: monotonicMs,
    accessNumber,
    intervalMs: null,
    hearing: null,
    rssi: null,
  }
  if (accessNumber !== null && tally.accessNumber !== null) {
    const sent = (accessNumber - tally.accessNumber + ROUND) % ROUND
    // A step that hides a round makes it too long, never too short: the least is right.
    if (sent > 0) tally.intervalMs = Math.min(tally.intervalMs ?? Number.POSITIVE_INFINITY, (monotonicMs - tally.lastMs) / sent)
  }
  tally.telegrams++
  tally.accessNumber = accessNumber
  tally.lastMs = monotonicMs
  tally.hearing = hearing
  tally.rssi = null
  countStrength(tally)
  return tally
}

function told(meter: string, tallies: readonly Tally[]): MeterReception {
  const sum = (of: (tally: Tally) => number): number => tallies.reduce((all, tally) => all + of(tally), 0)
  const known = sum((t) => t.rssiCount)
  const intervals = tallies.flatMap(({ intervalMs }) => intervalMs ?? [])
  return {
    meter,
    telegrams: sum((t) => t.telegrams),
    rssi: known === 0 ? null : Math.round((10 * sum((t) => t.rssiSum)) / known) / 10,
    intervalSeconds: intervals.length === 0 ? null : Math.min(...intervals) / 1000,
    seconds: (tallies.at(-1)!.lastMs - tallies[0]!.firstMs) / 1000,
  }
}
