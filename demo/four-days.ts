/** The city sends, and time leaps from one telegram to the next. */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { meterOf } from './billing.ts'
import { BEGIN, END, nameOf, RESIDENTS, TRANSMISSIONS, type Transmission, telegramOf } from './city.ts'
import { telegramFrame } from './im871a-stick.ts'
import type { LeapingClock } from './leaping-clock.ts'
import type { Screen } from './screen.ts'
import type { Stage } from './stage.ts'
import { counters, gapLine } from './text.ts'

/** A pause shorter than a picture on the screen is none. */
const SHORTEST_PAUSE_MS = 15
const STATUS_EVERY_MS = 80
const PATIENCE_MS = 15_000

export interface Show {
  readonly stage: Stage
  readonly clock: LeapingClock
  readonly screen: Screen
  /** Ends it early. */
  readonly signal: AbortSignal
}

/** Plays the four days in so many milliseconds of the world, or as fast as they go. */
export async function playFourDays(show: Show, lastingMs: number): Promise<void> {
  const { screen, signal } = show
  const startMs = performance.now()
  let shownMs = Number.NEGATIVE_INFINITY
  for (const transmission of TRANSMISSIONS) {
    signal.throwIfAborted()
    const aheadMs = startMs + ((transmission.utcMs - BEGIN) / (END - BEGIN)) * lastingMs - performance.now()
    if (aheadMs > SHORTEST_PAUSE_MS) await sleep(aheadMs, undefined, { signal })
    await pass(show, transmission.utcMs)
    await send(show, transmission)
    if (performance.now() - shownMs < STATUS_EVERY_MS) continue
    shownMs = performance.now()
    screen.status(counters(transmission.utcMs, show.stage))
  }
  await pass(show, END)
}

/** Leaps to a moment. If a day closes there, time waits until its readings have arrived, and the gaps are told. */
async function pass({ stage, clock, screen, signal }: Show, utcMs: number): Promise<void> {
  const { billing } = stage
  const before = stage.stored()
  clock.leapTo(utcMs)
  if (stage.stored() === before) return
  const arrived = (): boolean => billing.readings().length === stage.stored() && stage.published() === stage.stored()
  await until('the readings arrived', arrived, signal)
  const { day } = billing.readings().at(-1)!
  const told = new Set(billing.readings().flatMap((reading) => (reading.day === day ? meterOf(reading) : [])))
  for (const resident of RESIDENTS) if (resident.ours && !told.has(nameOf(resident))) screen.line(gapLine(day, resident))
  screen.line()
}

/** Sends a telegram and lets the gateway deal with it, or its bytes with one bit wrong, which nobody waits for. */
async function send({ stage, signal }: Show, transmission: Transmission): Promise<void> {
  const telegram = telegramOf(transmission)
  const rssi = 90 + (transmission.n % 40)
  if (transmission.damaged) {
    const frame = telegramFrame(telegram, rssi)
    frame[frame.length >> 1]! ^= 1
    return stage.stick.raw(frame)
  }
  const before = stage.heard()
  await stage.stick.send(telegram, rssi)
  await until('the gateway heard a telegram', () => stage.heard() > before, signal)
}

/** Resolves once it is so; rejects when the patience is over or the signal aborts. */
async function until(what: string, isSo: () => boolean, signal: AbortSignal): Promise<void> {
  const startMs = performance.now()
  while (!isSo()) {
    signal.throwIfAborted()
    if (performance.now() - startMs > PATIENCE_MS) throw new Error(`waited ${PATIENCE_MS / 1000} s in vain until ${what}`)
    await nextTurn()
  }
}
