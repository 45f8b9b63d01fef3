/**
 * A city over a month in a minute: encrypted telegrams with the losses of the air, the gateway's own pipeline on a fast clock, a
 * real mosquitto, and billing's ledger held against what was really there.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startMosquitto } from '../../support/broker-mosquitto.ts'
import { dice } from '../dice.ts'
import { believe, type Heard, listenTo } from './air.ts'
import { type DayNumber, dayText, midnight } from './calendar.ts'
import { type FedGateway, prepareGateway, startFedGateway } from './gateway.ts'
import { keepLedger, type Ledger } from './ledger.ts'
import { type CityMeter, KINDS, makeMeters } from './meters.ts'
import { keepTruth } from './truth.ts'
import type { Told } from './wire.ts'

export interface CityOptions {
  readonly meters: number
  readonly days: number
  readonly from: DayNumber
  readonly seed: number
  /** Ends and starts the gateway so long after that midnight (0 begins the first day). */
  readonly restarts: readonly { readonly day: number; readonly afterMs: number }[]
  dayOver?(day: string, told: Told): void
}

export interface Outcome {
  readonly ledger: Ledger
  readonly truth: ReturnType<typeof keepTruth>
  readonly meters: readonly CityMeter[]
  /** By day, the meters without evidence when it closed. */
  readonly missing: ReadonlyMap<DayNumber, readonly string[]>
  /** Handed to the gateway. */
  readonly telegrams: number
  readonly outcomes: Readonly<Record<string, number>>
  readonly wallMs: number
  readonly rssBytes: number
  readonly fileBytes: number
  /** To the disk, by day. */
  readonly written: readonly number[]
}

const CLOSES_AFTER_MS = 2 * 3_600_000
/** Everything is to be out so long after the close … */
const SENT_BY_MS = 5 * 60_000
/** … and in the last minute before nothing is on the air: what was heard then would wait for the next commit. */
const LAST_HEARD_MS = 4 * 60_000
/** Of other owners: so many of hundred. */
const NEIGHBOURS = 4

export const runCity = async (options: CityOptions): Promise<Outcome> => {
  const undo: (() => unknown)[] = []
  try {
    return await run(options, (step) => undo.unshift(step))
  } finally {
    for (const step of undo) await step()
  }
}

const run = async (options: CityOptions, later: (step: () => unknown) => void): Promise<Outcome> => {
  const random = dice(options.seed)
  const sinceMs = midnight(options.from)
  const meters = makeMeters(options.meters, KINDS, sinceMs, 50_000_001, random)
  const neighbours = makeMeters(Math.ceil((options.meters * NEIGHBOURS) / 100), KINDS.slice(-1), sinceMs, 60_000_001, random)
  const directory = mkdtempSync(join(tmpdir(), 'varmesky-city-'))
  later(() => rmSync(directory, { recursive: true }))
  const broker = await startMosquitto({ lines: ['max_queued_messages 0'] })
  later(broker.stop)
  const ledger = await keepLedger(broker.port)
  later(ledger.end)
  const config = prepareGateway(directory, broker.port, meters, sinceMs)
  const startedMs = performance.now()
  const played = await play(options, { config, meters, neighbours, random, later })
  while (ledger.received() < played.stored) await sleep(5)
  return { ...played, ledger, meters, wallMs: performance.now() - startedMs }
}

interface Scene {
  readonly config: string
  readonly meters: readonly CityMeter[]
  readonly neighbours: readonly CityMeter[]
  readonly random: () => number
  later(step: () => unknown): void
}

const play = async ({ days, from, restarts, dayOver }: CityOptions, { config, meters, neighbours, random, later }: Scene) => {
  const air = listenTo([...meters, ...neighbours], random)
  const ours = new Set(meters)
  const truth = keepTruth(from)
  const isBelieved = believe()
  const missing = new Map<DayNumber, readonly string[]>()
  const figures = keepFigures()
  let telegrams = 0
  let gateway = startFedGateway(config, midnight(from))
  later(() => gateway.kill())

  const hear = async (heard: Heard): Promise<void> => {
    if (ours.has(heard.meter) && isBelieved(heard)) truth.hear(heard.meter, heard.utcMs)
    for (const telegram of air.onAir(heard)) {
      telegrams++
      await gateway.feed({ utcMs: heard.utcMs, ...telegram })
    }
  }
  const pending = restarts.map(({ day, afterMs }) => midnight(from + day) + afterMs)
  const hearUntil = async (untilMs: number): Promise<void> => {
    for (const heard of air.until(untilMs)) {
      if (heard.utcMs >= (pending[0] ?? Number.POSITIVE_INFINITY)) gateway = await restarted(gateway, config, pending.shift()!, figures)
      await hear(heard)
    }
  }
  for (let day = from; day < from + days; day++) {
    const closesMs = midnight(day + 1) + CLOSES_AFTER_MS
    await hearUntil(closesMs)
    missing.set(
      day,
      meters.map(({ name }) => name).filter((name) => !truth.of(day).has(name)),
    )
    await hearUntil(closesMs + LAST_HEARD_MS)
    air.until(closesMs + SENT_BY_MS)
    const told = await gateway.dayOver(closesMs + SENT_BY_MS)
    figures.dayOver(told)
    dayOver?.(dayText(day), told)
  }
  figures.ended(await gateway.stop())
  return { truth, missing, telegrams, ...figures.all() }
}

const restarted = async (gateway: FedGateway, config: string, utcMs: number, figures: Figures): Promise<FedGateway> => {
  figures.ended(await gateway.stop())
  return startFedGateway(config, utcMs)
}

type Figures = ReturnType<typeof keepFigures>

/** Over all processes one after the other: each counts from its own start. */
const keepFigures = () => {
  const written: number[] = []
  const outcomes: Record<string, number> = {}
  let [stored, rssBytes, fileBytes, since, earlier] = [0, 0, 0, 0, 0]
  const note = (told: Told): void => {
    rssBytes = Math.max(rssBytes, told.rssBytes)
    fileBytes = told.fileBytes
  }
  return {
    dayOver(told: Told): void {
      note(told)
      written.push(earlier + told.writtenBytes - since)
      ;[since, earlier] = [told.writtenBytes, 0]
    },
    ended(told: Told): void {
      note(told)
      stored += told.stored
      earlier += told.writtenBytes - since
      since = 0
      for (const [kind, count] of Object.entries(told.outcomes)) outcomes[kind] = (outcomes[kind] ?? 0) + count
    },
    all: () => ({ stored, rssBytes, fileBytes, written, outcomes }),
  }
}
