/**
 * A sky for the integrator's desk: real gateways, each with a store of its own, hear meters that do not exist, on a clock that
 * leaps from telegram to telegram; what they publish is what a city would publish.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ManualClock, manualClock, now } from '../clock.ts'
import type { Config } from '../config.ts'
import { type Gateway, startGateway } from '../gateway.ts'
import type { Log } from '../log.ts'
import { draft } from '../readings/close.ts'
import type { DailyReading } from '../readings/daily-reading.ts'
import { nextDay, startOfDay } from '../readings/day.ts'
import { readingId } from '../readings/identity.ts'
import type { Sink } from '../sinks/sink.ts'
import { dice } from './dice.ts'
import { telegramOf } from './meter.ts'
import { type Plan, type PlannedDay, plan, type Truth } from './plan.ts'

export interface SimulateOptions {
  readonly meters: number
  readonly days: number
  readonly from: string
  readonly gateways: number
  readonly seed: number
  /** As a gateway would run with it; its directories are not used. */
  readonly config: Config
  readonly version: string
  readonly log: Log
  /** The ways out of the gateway of that name. */
  sinks(gateway: string): readonly Sink[]
  dayOver(): void
}

export interface Simulated {
  readonly truths: readonly Truth[]
  /** Messages that were sent, of all kinds and gateways. */
  readonly messages: number
}

interface Box {
  readonly gateway: Gateway
  readonly clock: ManualClock
  readonly directory: string
  readonly sinks: readonly Sink[]
}

const HOUR_MS = 3_600_000

export async function simulate(options: SimulateOptions): Promise<Simulated> {
  const { timeZone } = options.config
  const planned = plan({ ...options, timeZone, random: dice(options.seed) })
  const boxes: Box[] = []
  let messages = 0
  try {
    for (let n = 0; n < options.gateways; n++) boxes.push(await openBox(options, n, planned))
    for (const { gateway } of boxes) gateway.store.outbox.onStored((stored) => (messages += stored.length))
    for (const day of planned.days) {
      play(day, boxes, startOfDay(nextDay(day.day), timeZone) + 3 * HOUR_MS)
      correct(day.truths, boxes)
      for (const box of boxes) await drained(box)
      options.dayOver()
    }
  } finally {
    for (const box of boxes.reverse()) await closeBox(box)
  }
  return { truths: planned.days.flatMap(({ truths }) => truths), messages }
}

async function openBox({ config, from, version, log, sinks: sinksOf }: SimulateOptions, n: number, { meters }: Plan): Promise<Box> {
  const directory = mkdtempSync(join(tmpdir(), 'varmesky-simulate-'))
  const name = n === 0 ? config.gateway : `${config.gateway}-${n + 1}`
  const clock = manualClock(startOfDay(from, config.timeZone))
  const sinks = sinksOf(name)
  const box = { ...config, gateway: name, stateDirectory: directory, runtimeDirectory: directory }
  const gateway = await startGateway({ config: box, clock, log, version, kek: null, receivers: [], sinks, control: false })
  gateway.store.meters.put(meters.map(({ name: meter, installation }) => ({ meter, installation })))
  return { gateway, clock, directory, sinks }
}

async function closeBox({ gateway, directory }: Box): Promise<void> {
  await gateway.stop()
  rmSync(directory, { recursive: true, force: true })
}

/** Every gateway hears what it hears of the day, and closes it. */
function play({ hearings }: PlannedDay, boxes: readonly Box[], untilMs: number): void {
  for (const { meter, utcMs, gateways } of hearings) {
    const bytes = telegramOf(meter, utcMs, Math.floor(utcMs / 1000))
    for (const n of gateways) {
      const { clock, gateway } = boxes[n]!
      clock.advanceTo(utcMs)
      gateway.receive({ bytes, crc: 'stripped', heard: now(clock), receiver: 'simulated', rssi: -75, mode: 't1' })
    }
  }
  for (const { clock } of boxes) clock.advanceTo(untilMs)
}

/** Somebody found out later what the meter really showed, and corrects the reading that counts. */
function correct(truths: readonly Truth[], boxes: readonly Box[]): void {
  for (const { meter, day, energy } of truths.filter(({ corrected }) => corrected)) {
    const states = boxes.flatMap(({ gateway: { store } }) =>
      store.outbox.readings({ meter, day, limit: 1 }).map((stored) => ({ store, stored })),
    )
    const [best] = states.sort((a, b) => b.stored.precedence! - a.stored.precedence!)
    if (!best) continue
    const before: DailyReading = JSON.parse(best.stored.body)
    const registers = { ...before.registers, energy: { ...before.registers['energy']!, value: energy } }
    const id = readingId(meter, day, registers, before.status?.code ?? null)
    const correction = { number: 1, reason: 'simulated: read off by hand', replaces: before.id }
    best.store.outbox.add(draft({ ...before, id, registers, correction, precedence: before.precedence + 10_000_000 }))
    best.store.outbox.flush()
  }
}

const LOOK_MS = 5
const PATIENCE_MS = 60_000

/** In the world's time: brokers keep no other. Rejects where nothing moves for a minute. */
async function drained({ gateway, sinks }: Box): Promise<void> {
  const waiting = (): number => {
    const states = sinks.map(({ name }) => gateway.store.outbox.state(name))
    return states.reduce((sum, { live, backlog }) => sum + live + backlog, 0)
  }
  let [left, sinceMs] = [waiting(), performance.now()]
  while (left > 0) {
    await new Promise((done) => setTimeout(done, LOOK_MS))
    const still = waiting()
    if (still !== left) [left, sinceMs] = [still, performance.now()]
    if (performance.now() - sinceMs > PATIENCE_MS)
      throw new Error(`${left} messages wait, and none was taken for a minute: ${troubleOf(gateway)}`)
  }
}

const troubleOf = (gateway: Gateway): string =>
  gateway.status().sinks.find(({ trouble }) => trouble)?.trouble?.reason ?? 'no reason is known'
