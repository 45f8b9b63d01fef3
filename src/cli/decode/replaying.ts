import { randomBytes } from 'node:crypto'
import { type ManualClock, manualClock, now, systemClock } from '../../clock.ts'
import type { Config } from '../../config.ts'
import type { GatewayStatus } from '../../control/status.ts'
import { startDelivery } from '../../delivery.ts'
import { type Gateway, startGateway } from '../../gateway.ts'
import { createLog } from '../../log.ts'
import { confirmedKeys, takeOver } from '../../memory/marks.ts'
import type { DailyReading } from '../../readings/daily-reading.ts'
import { dayAt } from '../../readings/day.ts'
import { readCapture } from '../../receivers/capture.ts'
import { acquireLock } from '../../store/disk/lock.ts'
import { openStore } from '../../store/open.ts'
import { VERSION } from '../../version.ts'
import { configuredSinks } from '../../ways-out.ts'
import type { Telegram } from '../../wmbus/telegram.ts'
import { failure } from '../failure.ts'
import { count, say } from '../output.ts'
import type { Progress } from '../progress.ts'
import { kekFor, reading } from '../store-access.ts'

export interface Source {
  readonly name: string
  readonly lines: AsyncIterable<string>
}

export interface PlayOptions {
  /** Times faster than the world; Infinity does not wait. */
  readonly factor: number
  /** When lines that tell no time were heard, milliseconds since 1970 UTC. */
  readonly at: number | null
  readonly bar: Progress
}

export interface Played extends Pick<GatewayStatus, 'outcomes' | 'reasons' | 'ignored'> {
  readonly readings: readonly DailyReading[]
  /** Lines that could not be read, each with its place and why. */
  readonly problems: readonly string[]
}

/** Longer than the longest local day: what was heard last has its day closed, too. */
const A_DAY_MS = 25 * 3_600_000

/** Plays captures through a gateway of its own, whose clock is the captures'. Sends nothing. */
export async function play(config: Config, directory: string, sources: readonly Source[], options: PlayOptions): Promise<Played> {
  const clock = manualClock(null)
  const readings: DailyReading[] = []
  const problems: string[] = []
  const gateway = await gatewayIn(config, directory, clock)
  gateway.store.outbox.onStored((messages) => {
    for (const { kind, body } of messages) if (kind === 'reading.daily') readings.push(JSON.parse(body))
  })
  try {
    for (const { name, lines } of sources) {
      const problem = (lineNumber: number, why: string): void => void problems.push(`${name}:${lineNumber}: ${why}`)
      const counted = counting(lines, options.bar)
      for await (const telegram of readCapture(counted, { receiver: 'replay', timeZone: config.timeZone, problem })) {
        await moveTo(clock, telegram.heard.utcMs ?? options.at, options.factor)
        gateway.receive(asHeardBy(clock, telegram))
      }
    }
    clock.advance(A_DAY_MS + config.day.closesAfter)
    const { outcomes, reasons, ignored } = gateway.status()
    return { readings, problems, outcomes, reasons, ignored }
  } finally {
    options.bar.stop()
    await gateway.stop()
  }
}

const asHeardBy = (clock: ManualClock, telegram: Telegram): Telegram => ({ ...telegram, heard: now(clock) })

async function* counting(lines: AsyncIterable<string>, bar: Progress): AsyncGenerator<string> {
  for await (const line of lines) {
    bar.add(line.length + 1)
    yield line
  }
}

/** Lets the capture's time come; lines that go back in time count as heard now. */
async function moveTo(clock: ManualClock, utcMs: number | null, factor: number): Promise<void> {
  if (utcMs === null) return
  const aheadMs = utcMs - (clock.utcMs() ?? utcMs)
  if (aheadMs < 0) return
  if (aheadMs / factor > 0) await new Promise<void>((resolve) => systemClock().after(aheadMs / factor, resolve))
  clock.advanceTo(utcMs)
}

/** The gateway of a replay: no receiver, no sink, nobody to ask it. */
async function gatewayIn(config: Config, directory: string, clock: ManualClock): Promise<Gateway> {
  const throwAway = directory !== config.stateDirectory
  const kek = throwAway ? furnish(config, directory) : kekFor(config)
  const log = createLog({ ...config.log, level: 'warn' })
  return startGateway({
    config: { ...config, stateDirectory: directory },
    clock,
    log,
    version: VERSION,
    kek,
    receivers: [],
    sinks: [],
    control: false,
  })
}

/** A throw-away store gets the registered meters and their keys, sealed anew under a key that is never written. */
function furnish(config: Config, directory: string): Uint8Array {
  const kek = randomBytes(32)
  const clock = systemClock()
  const from = openStore({ directory: config.stateDirectory, kek: kekFor(config), clock, readonly: true })
  const to = openStore({ directory, kek, clock })
  try {
    to.meters.put(from.meters.list().map((meter) => ({ ...meter, key: from.meters.keyOf(meter.meter) })))
    takeOver(to.memory, confirmedKeys(from.memory))
  } finally {
    to.close()
    from.close()
  }
  return kek
}

/** Whether the configured store has readings and ever had a message accepted; one that was never made has not. */
export function hasDelivered(config: Config): boolean {
  try {
    return reading(config, ({ outbox }) => outbox.everDelivered() && outbox.readings({ limit: 1 }).length > 0)
  } catch (error) {
    if (((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return false
    throw error
  }
}

/** How long nothing may be accepted before we give up. */
const PATIENCE_MS = 30_000
const LOOK_MS = 200

/** Delivers what the replay stored to the configured sinks, on the world's own clock. */
export async function deliverAll(config: Config, directory: string): Promise<void> {
  const clock = systemClock()
  const log = createLog({ ...config.log, level: 'warn' })
  const sinks = configuredSinks({ config, clock, log, version: VERSION })
  if (sinks.length === 0) throw failure('failed', 'The configuration names no sink: set mqtt or stdout.')
  const lock = acquireLock(directory)
  if (!lock) throw failure('unreachable', `Another process writes in ${directory}: stop the daemon first.`)
  const store = openStore({ directory, kek: null, clock })
  const delivery = startDelivery({ outbox: store.outbox, sinks, clock, log, startOfDay: (utcMs) => dayAt(utcMs, config.timeZone).startMs })
  try {
    let waiting = Number.POSITIVE_INFINITY
    let since = clock.monotonicMs()
    while (waiting > 0) {
      await new Promise<void>((resolve) => clock.after(LOOK_MS, resolve))
      const left = delivery.state().reduce((sum, sink) => sum + sink.live + sink.backlog, 0)
      if (left < waiting) since = clock.monotonicMs()
      waiting = left
      if (clock.monotonicMs() - since > PATIENCE_MS) throw failure('failed', notDelivered(delivery.state()))
    }
    for (const { sink, held, refused } of delivery.state()) say(`${sink}: all sent, ${count(held, 'message')} held, ${refused} refused`)
  } finally {
    await delivery.stop()
    store.close()
    lock.release()
  }
}

const notDelivered = (sinks: ReturnType<ReturnType<typeof startDelivery>['state']>): string =>
  sinks.map(({ sink, live, backlog, trouble }) => `${sink}: ${live + backlog} not sent (${trouble?.reason ?? 'no answer'})`).join('\n')
