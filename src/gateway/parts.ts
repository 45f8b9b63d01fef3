/** The parts of a gateway around an open store. */
import type { Config } from '../config.ts'
import type { GatewayStatus } from '../control/status.ts'
import { events } from '../events.ts'
import { type AwaitedMeters, awaitedMeters } from '../memory/awaited.ts'
import { whenGone } from '../memory/gone.ts'
import { registeredMeters } from '../memory/registered.ts'
import type { SmsSources } from '../memory/sms-sources.ts'
import { meterRegistry } from '../meter-types/directory.ts'
import type { Observer } from '../outcome.ts'
import { buildReceivers } from '../receivers/finding/together.ts'
import type { Receiver } from '../receivers/receiver.ts'
import type { Sink } from '../sinks/sink.ts'
import { gatewayStatus } from '../status.ts'
import { watchConditions } from '../telling/conditions.ts'
import { type Days, startDays } from './days.ts'
import { type Hearing, startHearing } from './hearing.ts'
import type { Beginning } from './mode.ts'
import { type Sending, startSending } from './sending.ts'
import { openSmsLine, type SmsLine, type SmsLineParts } from './sms/line.ts'
import { heardBySms, startSources } from './sms/sources.ts'
import type { Surroundings } from './surroundings.ts'
import { telemetryOf } from './telemetry.ts'
import { startWatching } from './watching.ts'

export interface Given {
  /** In place of those the configuration names. */
  readonly receivers?: readonly Receiver[]
  readonly sinks?: readonly Sink[]
  readonly observers?: readonly Observer[]
  /** False: no control socket (a replay changes nothing and is asked nothing). */
  readonly control?: boolean
}

export interface Parts extends Surroundings, Sending, Days {
  readonly receivers: readonly Receiver[]
  readonly hearing: Hearing
  readonly awaited: AwaitedMeters
  /** Null where no meter reports by SMS. */
  readonly sms: (SmsLine & { readonly sources: SmsSources }) | null
  status(): GatewayStatus
}

const modemOf = ({ sms }: Config): readonly string[] => (sms?.modem === undefined ? [] : [sms.modem])

export function buildParts(around: Omit<Surroundings, 'tell'>, given: Given, beginning: Beginning): Parts {
  const { config, clock, log, store } = around
  const tell = events({ clock, log, gateway: config.gateway, emit: store.outbox.add, onStop: around.onStop })
  const surroundings: Surroundings = { ...around, tell }
  const hears = beginning.mode === 'normal'
  const receivers = hears ? (given.receivers ?? buildReceivers(config.receivers, { clock, log, tell, reserved: modemOf(config) })) : []
  const telemetry = telemetryOf(surroundings)
  const sending = startSending(surroundings, given.sinks, beginning.mode, telemetry)
  const days = startDays(surroundings, sending.rule)
  const { offer } = days.provisional
  const meters = registeredMeters(store.meters, log)
  const registry = meterRegistry(config.meters.types)
  const sources = config.sms !== undefined && given.control !== false && hears ? startSources(surroundings) : null
  const awaited = awaitedMeters()
  const conditions = watchConditions(store.memory, tell, log)
  whenGone(store.meters, conditions.forget)
  const observers = [awaited, conditions, ...(given.observers ?? []), ...(sources ? [sources] : []), ...(telemetry ? [telemetry] : [])]
  const hearing = startHearing({ ...surroundings, meters, registry, observers, offer })
  const sms = sources && startSms({ ...surroundings, sms: config.sms!, meters, registry, sources, offer }, hearing)
  const startedMs = clock.monotonicMs()
  const parts = { ...surroundings, ...sending, ...days, receivers, hearing, awaited, sms }
  if (given.control !== false) startWatching(parts)
  const status = (): GatewayStatus =>
    gatewayStatus({
      ...{ ...parts, startedMs, beginning, heard: hearing.heard, unlisted: hearing.unlisted },
      pipeline: hearing.state(),
      readings: days.readings.state(),
      provisional: days.provisional.state(),
    })
  return { ...parts, status }
}

function startSms(parts: Surroundings & Omit<SmsLineParts, 'habits'>, hearing: Hearing): NonNullable<Parts['sms']> {
  const { sources, offer, onStop } = parts
  const heard = heardBySms(parts, hearing, sources)
  const line = openSmsLine({
    ...parts,
    habits: hearing.habits.meters,
    offer(observation) {
      heard(observation)
      offer(observation)
    },
  })
  onStop(line.stop)
  return { ...line, sources }
}
