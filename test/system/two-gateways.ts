import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { dayOf, endOfDay, nextDay, startOfDay } from '../../src/readings/day.ts'
import { startMosquitto } from '../support/broker-mosquitto.ts'
import { type Subscriber, subscriber } from '../support/broker-subscriber.ts'
import { dice } from './dice.ts'
import { type FastTime, fastClock } from './fast-clock.ts'
import { feed } from './feeder.ts'
import { type GatewayProcess, type StateLeft, startGatewayProcess } from './gateway-process.ts'
import { type Arrival, arrivalsIn } from './ledger.ts'
import { type Loopback, loopback } from './loopback.ts'
import { metersOnAir } from './meters.ts'
import { slowLine } from './slow-line.ts'

export const KILLS = 30
export const METERS = 60
const DAYS = 12
const DAY_MS = 10_000
/** So long the broker's answers take to the gateway that is killed: at a day's close it waits for three, one after the other. */
const LAG_MS = 1_200
const TIME_ZONE = 'Europe/Copenhagen'
/** The night of 25 hours lies within. */
const START = startOfDay('2026-10-19', TIME_ZONE)
const HOUR_MS = 3_600_000

/** One of the two, and what can be known of it afterwards. */
export interface Traces extends StateLeft {
  readonly exitCode: number | null
  /** What it noted as stored. */
  readonly journal: ReadonlySet<string>
  /** What came from it, in order, doubles included. */
  readonly arrivals: readonly Arrival[]
}

export interface Run {
  readonly steady: Traces
  readonly victim: Traces
  /** From both, as they came. */
  readonly arrivals: readonly Arrival[]
  /** Days that were on the air from beginning to end. */
  readonly days: readonly string[]
  /** Kills that met the victim before it listened. */
  readonly killedStarting: number
}

/** Takes what must be undone when all is over, the last first. */
type Later = (step: () => unknown) => void

/** Twelve days in two minutes: two gateways hear the same meters at different moments, one of them is killed again and again. */
export const runTwoGateways = async (seed: number): Promise<Run> => {
  const steps: (() => unknown)[] = []
  try {
    return await run(seed, (step) => steps.unshift(step))
  } finally {
    for (const step of steps) await step()
  }
}

const run = async (seed: number, later: Later): Promise<Run> => {
  const { billing, begin, clock, meters } = await scene(later)
  // Over at the end: an hour lasts less than an answer, and for every hour that something waits there would be an event more to send.
  let lagMs = LAG_MS
  const steady = await begin('steady', () => 0)
  const victim = await begin('victim', () => lagMs)
  await until(() => listens(steady) && listens(victim))

  const days = daysAfter(dayOf(clock.utcMs()!, TIME_ZONE))
  const endUtcMs = endOfDay(days.at(-1)!, TIME_ZONE)
  // Silence a while before the last midnight: what a busy machine hears late must not begin another day.
  const air = { clock, meters, untilUtcMs: endUtcMs - 3 * HOUR_MS }
  later(feed(steady.mast.sockets, { ...air, offsetMs: (n) => (n * HOUR_MS) / 120 }))
  later(feed(victim.mast.sockets, { ...air, offsetMs: (n) => (n * HOUR_MS) / 180 + HOUR_MS / 9 }))
  const killedStarting = await killAtRandom(victim, dice(seed))
  await until(() => clock.utcMs()! > endUtcMs + 6 * HOUR_MS)
  lagMs = 0

  const tracesOf = async ({ gateway }: Station): Promise<Traces> => ({
    exitCode: await gateway.stop(),
    journal: gateway.journal(),
    arrivals: arrivalsIn(billing.received, gateway.name),
    ...gateway.state(),
  })
  for (const { gateway } of [steady, victim]) await until(() => isDrained(gateway))
  return {
    steady: await tracesOf(steady),
    victim: await tracesOf(victim),
    arrivals: arrivalsIn(billing.received),
    days,
    killedStarting,
  }
}

/** A gateway and where it hears from. */
interface Station {
  readonly gateway: GatewayProcess
  readonly mast: Loopback
}

/** A broker, billing subscribed to it, and meters; `begin` starts a gateway whose broker answers that late. */
const scene = async (later: Later) => {
  const directory = mkdtempSync(join(tmpdir(), 'varmesky-two-'))
  later(() => rmSync(directory, { recursive: true }))
  const broker = await startMosquitto({ lines: ['max_queued_messages 0'] })
  later(broker.stop)
  const billing = await subscribe(broker.port)
  later(billing.end)
  const time: FastTime = { factor: 86_400_000 / DAY_MS, utcMs: START, worldMs: Date.now() }
  const meters = metersOnAir(METERS, START)
  const begin = async (name: string, lagMs: () => number): Promise<Station> => {
    const mast = await loopback()
    later(mast.close)
    const line = await slowLine(broker.port, lagMs)
    later(line.close)
    const gateway = startGatewayProcess({ directory: join(directory, name), name, meters, receiver: mast.port, broker: line.port, time })
    later(gateway.discard)
    return { gateway, mast }
  }
  return { billing, begin, clock: fastClock(time), meters }
}

/** A session of its own, so that nothing is lost even if the line to billing breaks. */
const subscribe = (port: number): Promise<Subscriber> =>
  subscriber(`mqtt://127.0.0.1:${port}`, {
    protocolVersion: 5,
    clientId: 'billing',
    clean: false,
    properties: { sessionExpiryInterval: 3_600 },
  })

const listens = ({ mast }: Station): boolean => mast.sockets.size > 0

const daysAfter = (day: string): readonly string[] => {
  const days = [nextDay(day)]
  while (days.length < DAYS) days.push(nextDay(days.at(-1)!))
  return days
}

/** Kills at instants drawn from the whole run; returns how many met it before it listened. */
const killAtRandom = async (victim: Station, random: () => number): Promise<number> => {
  const startMs = Date.now()
  const instants = Array.from({ length: KILLS }, () => random() * DAYS * DAY_MS).sort((a, b) => a - b)
  let starting = 0
  for (const instant of instants) {
    await sleep(Math.max(0, startMs + instant - Date.now()))
    if (!listens(victim)) starting++
    await victim.gateway.crash()
  }
  return starting
}

/** Whether it runs and everything it stored has been acknowledged. */
const isDrained = async (gateway: GatewayProcess): Promise<boolean> => {
  const status = await gateway.status().catch(() => null)
  return status?.sinks.every(({ live, backlog, held }) => live + backlog + held === 0) ?? false
}

const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await holds())) await sleep(50)
}
