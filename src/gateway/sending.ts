/** From the outbox to the sinks, and back what billing says. */
import type { Mode } from '../control/modes.ts'
import { type Delivery, startDelivery } from '../delivery.ts'
import { dayAt } from '../readings/day.ts'
import type { LiveSource, Sink } from '../sinks/sink.ts'
import type { PurgeRule } from '../store/retention/retention.ts'
import { channelsOf, configuredSinks, confirming, expiryTold, inboundOf, keptFor } from '../ways-out.ts'
import { sinksIn } from './mode.ts'
import type { Surroundings } from './surroundings.ts'

export interface Sending {
  readonly delivery: Delivery
  /** Who must have a reading before it may go. */
  readonly rule: PurgeRule
}

/**
 * @param given in place of the sinks the configuration names
 * @param live what is told while a line is up
 */
export function startSending(
  surroundings: Surroundings,
  given: readonly Sink[] | undefined,
  mode: Mode,
  live: LiveSource | undefined,
): Sending {
  const { config, clock, log, store, tell, onStop } = surroundings
  const { outbox } = store
  const inbound = inboundOf(surroundings, store, tell)
  const sinks = sinksIn(
    mode,
    given ?? configuredSinks({ ...surroundings, receive: inbound.receive, onExpiring: expiryTold(tell), ...(live && { live }) }),
  )
  const rule: PurgeRule = { sinks: sinks.map(({ name }) => name), receipts: confirming(config.mqtt), keep: keptFor(config) }
  store.tend({ ...rule, tell })
  outbox.expectReceipts(rule.receipts)
  const startOfDay = (utcMs: number): number => dayAt(utcMs, config.timeZone).startMs
  const received = (sink: string) => (sink === 'mqtt' && channelsOf(config.mqtt).length > 0 ? inbound.counts() : undefined)
  const delivery = startDelivery({ outbox, sinks, clock, log, startOfDay, received })
  onStop(delivery.stop)
  return { delivery, rule }
}
