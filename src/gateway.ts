/** Builds the parts from the configuration, starts and stops them. It holds no rules: those are in the parts. */

import { exchangeAction } from './actions/exchange.ts'
import { type PurgeResult, purgeAction } from './actions/purge.ts'
import { redecodeAction } from './actions/redecode.ts'
import { watchClock } from './clock/watch.ts'
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import { storeActions } from './control/actions.ts'
import type { HabitsAnswer } from './control/habits.ts'
import { type HeardAnswer, heardAction } from './control/heard.ts'
import { socketPath } from './control/protocol.ts'
import { resetAction } from './control/receivers.ts'
import { startControl } from './control/server.ts'
import type { GatewayStatus } from './control/status.ts'
import { startDelivery } from './delivery.ts'
import { events } from './events.ts'
import { identify } from './identity.ts'
import type { Log } from './log.ts'
import { learnedFormats } from './memory/formats.ts'
import { fragmentedMessages } from './memory/fragments.ts'
import { loadHabits } from './memory/habits.ts'
import { heardToday } from './memory/heard.ts'
import { loadMarks } from './memory/marks.ts'
import { metersOnAir } from './memory/on-air.ts'
import { holdUndated } from './memory/provisional.ts'
import { recentTelegrams } from './memory/recent.ts'
import { type ReceptionState, receptions } from './memory/reception.ts'
import { registeredMeters } from './memory/registered.ts'
import { unlistedMeters } from './memory/unlisted.ts'
import { meterRegistry } from './meter-types/directory.ts'
import { serveMetrics } from './metrics/metrics.ts'
import type { Observer, Outcome } from './outcome.ts'
import { pipeline } from './pipeline.ts'
import { dayAt, dayBefore, dayOf, hourOfWeek } from './readings/day.ts'
import { startDayMessages } from './readings/day-messages.ts'
import { startReadings } from './readings/readings.ts'
import { buildReceiver } from './receivers/build.ts'
import type { Receiver, ReceiverHealth } from './receivers/receiver.ts'
import { startRetention } from './retention.ts'
import type { Sink } from './sinks/sink.ts'
import { openSmsLine, type SmsLine } from './sms-line.ts'
import { gatewayStatus } from './status.ts'
import { acquireLock } from './store/lock.ts'
import { openStore } from './store/open.ts'
import type { PurgeRule } from './store/retention.ts'
import type { Store } from './store/store.ts'
import { channelsOf, configuredSinks, confirming, expiryTold, inboundOf } from './ways-out.ts'
import type { Telegram } from './wmbus/telegram.ts'

/** The same telegram from another receiver or a repeater comes within this time. */
const HEARD_TWICE_MS = 30_000
const MOST_RECENT = 20_000
/** A message in fragments is complete within this time, or lost. */
const FRAGMENTS_KEPT_MS = 60_000
const MOST_FRAGMENTED = 1_000
/** What a crash may cost: meters whose key was confirmed since must confirm it again; what waits for the time is lost. */
const MEMORY_WRITTEN_MS = 6 * 3_600_000
const UNLISTED_KEPT_MS = 24 * 3_600_000
const MOST_UNLISTED = 20_000
/** Reception is told of the last one to two of these. */
const RECEPTION_WINDOW_MS = 24 * 3_600_000
const MOST_RECEIVED = 20_000
/** One row a meter: a crash costs a day of what was learned. */
const HABITS_WRITTEN_MS = 24 * 3_600_000

export interface GatewayParts {
  readonly config: Config
  readonly clock: Clock
  readonly log: Log
  readonly version: string
  /** Opens the sealed meter keys; null where no meter has one. */
  readonly kek: Uint8Array | null
  /** In place of those the configuration names. */
  readonly receivers?: readonly Receiver[]
  readonly sinks?: readonly Sink[]
  readonly observers?: readonly Observer[]
  /** False: no control socket (a replay changes nothing and is asked nothing). */
  readonly control?: boolean
}

export interface Gateway {
  readonly store: Store
  receive(telegram: Telegram): Outcome
  status(): GatewayStatus
  /** Stops receiving, closes what is open, writes what waits. Ends within a few seconds; never rejects. */
  stop(): Promise<void>
}

/** Rejects with an error that says what to try; then nothing is left running. */
export async function startGateway(parts: GatewayParts): Promise<Gateway> {
  const { config, clock, log } = parts
  const undo: (() => void | Promise<void>)[] = []
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse())
      await Promise.resolve()
        .then(step)
        .catch((err) => log.error({ err }, 'a part did not stop cleanly'))
  }
  try {
    const lock = acquireLock(config.stateDirectory)
    if (!lock) throw new Error(`another daemon holds ${config.stateDirectory}: stop it first (systemctl stop varmesky)`)
    undo.push(() => lock.release())
    const store = openStore({ directory: config.stateDirectory, kek: parts.kek, clock, unattended: true, maxBytes: config.store.maxSize })
    undo.push(() => store.close())
    const gateway = assemble(parts, store, undo, stop)
    if (parts.control !== false) undo.push(await listen(parts, gateway))
    if (config.metrics && parts.control !== false) undo.push(await serveMetrics({ ...config.metrics, status: gateway.status, log }))
    const { receivers } = gateway
    for (const receiver of receivers) undo.push(() => receiver.stop())
    gateway.sms?.start()
    await Promise.all(receivers.map((receiver) => receiver.start(gateway.receive)))
    log.info({ gateway: config.gateway, version: parts.version, receivers: receivers.length }, 'the gateway runs')
    return gateway
  } catch (err) {
    await stop()
    throw err
  }
}

interface Assembled extends Gateway {
  readonly receivers: readonly Receiver[]
  /** Null where no meter reports by SMS. */
  readonly sms: SmsLine | null
  heard(args: unknown): HeardAnswer
  reception(): ReceptionState
  habits(): HabitsAnswer
  purge(args: unknown): PurgeResult
}

/** Readings, pipeline and delivery around an open store. */
function assemble(parts: GatewayParts, store: Store, undo: (() => void | Promise<void>)[], stop: () => Promise<void>): Assembled {
  const { config, clock, log } = parts
  const { timeZone } = config
  const tell = events({ clock, log, gateway: config.gateway, emit: store.outbox.add })
  const meters = registeredMeters(store.meters, log)
  const heard = heardToday(() => {
    const utcMs = clock.utcMs()
    return utcMs === null ? null : dayOf(utcMs, timeZone)
  })
  const receivers = parts.receivers ?? config.receivers.map((spec) => buildReceiver(spec, { clock, log, tell }))
  const inbound = inboundOf(parts, store, tell)
  const sinks = parts.sinks ?? configuredSinks({ ...parts, receive: inbound.receive, onExpiring: expiryTold(tell) })
  const rule: PurgeRule = { sinks: sinks.map(({ name }) => name), receipts: confirming(config.mqtt), keep: config.keep }
  store.tend({ ...rule, tell })
  store.outbox.expectReceipts(rule.receipts)
  const startOfDay = (utcMs: number): number => dayAt(utcMs, timeZone).startMs
  const received = (sink: string) => (sink === 'mqtt' && channelsOf(config.mqtt).length > 0 ? inbound.counts() : undefined)
  const delivery = startDelivery({ outbox: store.outbox, sinks, clock, log, startOfDay, received })
  undo.push(() => delivery.stop())
  const provisional = holdUndated({ clock, memory: store.memory, log, offer: (observation) => readings.offer(observation) })
  const { days, outbox } = store
  const dayMessages = startDayMessages({ clock, log, gateway: config.gateway, timeZone, days, outbox, meters: store.meters })
  undo.push(() => dayMessages.stop())
  const readings = startReadings({
    clock: provisional.clock,
    log,
    gateway: config.gateway,
    timeZone,
    toleranceMs: config.day.tolerance,
    closesAfterMs: config.day.closesAfter,
    include: config.day.include,
    memory: store.memory,
    meters: store.meters,
    outbox,
    emit: store.outbox.add,
    keep: store.telegrams.keep,
    flush: store.outbox.flush,
    onClosing: dayMessages.closing,
  })
  undo.push(() => readings.stop())
  const closedBy = (utcMs: number): string => dayBefore(dayOf(utcMs - config.day.closesAfter, timeZone))
  const retention = startRetention({ clock, log, tell, store, rule, closedBy })
  undo.push(retention.stop)
  undo.push(watchClock({ clock, tell, onKnown: provisional.date }))
  undo.push(clock.every(MEMORY_WRITTEN_MS, provisional.save), () => provisional.save())
  const marks = loadMarks(store.memory, log)
  undo.push(clock.every(MEMORY_WRITTEN_MS, marks.save), () => marks.save())
  const habits = loadHabits(store.memory, log, (utcMs) => hourOfWeek(utcMs, timeZone))
  undo.push(clock.every(HABITS_WRITTEN_MS, habits.save), () => habits.save())
  store.meters.onChange((meter) => {
    if (store.meters.get(meter) !== undefined) return
    marks.forget(meter)
    provisional.forget(meter)
    habits.forget(meter)
  })
  const listed = config.meters.unlisted === 'list'
  const unlisted = listed ? unlistedMeters(UNLISTED_KEPT_MS, MOST_UNLISTED) : null
  const onAir = metersOnAir({ keepMs: UNLISTED_KEPT_MS, most: MOST_UNLISTED, unlisted: listed, whose: identify })
  const reception = receptions(clock.monotonicMs(), RECEPTION_WINDOW_MS, MOST_RECEIVED)
  const registry = meterRegistry(config.meters.types)
  const { offer } = provisional
  const sms = config.sms && parts.control !== false ? openSmsLine({ ...parts, sms: config.sms, store, meters, registry, offer }) : null
  if (sms) undo.push(sms.stop)
  const { receive, state } = pipeline({
    meters,
    registry,
    recent: recentTelegrams(HEARD_TWICE_MS, MOST_RECENT),
    fragments: fragmentedMessages(FRAGMENTS_KEPT_MS, MOST_FRAGMENTED),
    formats: learnedFormats(store.memory),
    marks,
    unlisted,
    policy: config.meters,
    observers: [heard, onAir, reception, habits, ...(parts.observers ?? [])],
    log,
    tell,
    offer,
  })
  const startedMs = clock.monotonicMs()
  const status = (): GatewayStatus =>
    gatewayStatus({
      ...parts,
      startedMs,
      store,
      receivers,
      pipeline: state(),
      readings: readings.state(),
      provisional: provisional.state(),
      heard,
      delivery,
      unlisted,
      retention,
      sms,
    })
  const purge = (args: unknown) => purgeAction({ store, clock, rule, date: retention.advance, tell }, args)
  const health = (): readonly ReceiverHealth[] => receivers.map((receiver) => receiver.health())
  const onAirNow = heardAction({ onAir, unlisted: listed, nowMs: clock.monotonicMs, receivers: health })
  const receptionNow = () => reception.state(clock.monotonicMs())
  const habitsNow = () => ({ utcMs: clock.utcMs(), receivers: health(), meters: Object.fromEntries(habits.meters) })
  return { store, receivers, sms, receive, status, heard: onAirNow, reception: receptionNow, habits: habitsNow, purge, stop }
}

async function listen({ config, clock, log }: GatewayParts, gateway: Assembled): Promise<() => Promise<void>> {
  const redecode = (args: unknown) => redecodeAction(gateway.store, config, log, args)
  const actions = {
    ...storeActions(gateway.store),
    redecode,
    'meters.replace': (args: unknown) => exchangeAction(gateway.store, config, clock, args),
    status: () => gateway.status(),
    heard: gateway.heard,
    reception: gateway.reception,
    habits: gateway.habits,
    'receivers.reset': resetAction(gateway.receivers),
    'db.purge': gateway.purge,
    ...(gateway.sms && { 'sms.accept': gateway.sms.accept, 'sms.reject': gateway.sms.reject, 'sms.ask': gateway.sms.ask }),
  }
  const control = await startControl({ path: socketPath(config.runtimeDirectory), actions, log })
  return () => control.close()
}
