import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type ManualClock, manualClock } from '../../src/clock.ts'
import { type Delivery, type DeliveryParts, startDelivery } from '../../src/delivery.ts'
import { silentLog } from '../../src/log.ts'
import type { OnLost, Outgoing, Receipt, Sink } from '../../src/sinks/sink.ts'
import { openStore } from '../../src/store/open.ts'
import type { Outbox } from '../../src/store/outbox/messages.ts'
import { reading } from './broker-messages.ts'

export const DAY = 86_400_000
export const MINUTE = 60_000
export const NOON = Date.UTC(2026, 10, 24, 12)
export const startOfDay = (utcMs: number): number => utcMs - (utcMs % DAY)

/** A real outbox in a temporary directory, on a clock that is moved by hand. */
export interface Bench {
  readonly clock: ManualClock
  readonly outbox: Outbox
  /** Stores the readings of meters `from` up to and without `to`. */
  store(from: number, to: number): void
  start(sink: Sink, parts?: Partial<DeliveryParts>): Delivery
}

export const bench = (): Bench => {
  const directory = mkdtempSync(join(tmpdir(), 'varmesky-delivery-'))
  const clock = manualClock(NOON)
  const store = openStore({ directory, kek: null, clock })
  onTestFinished(() => {
    store.close()
    rmSync(directory, { recursive: true })
  })
  const { outbox } = store
  return {
    clock,
    outbox,
    store(from, to) {
      for (let n = from; n < to; n++) outbox.add({ ...reading(n), precedence: 1 })
      outbox.flush()
    },
    start(sink, parts = {}) {
      const delivery = startDelivery({ outbox, sinks: [sink], clock, log: silentLog, startOfDay, random: () => 0.5, ...parts })
      onTestFinished(() => stopped(delivery, clock))
      return delivery
    },
  }
}

/** A sink that does as it is told, and remembers what it was sent. */
export interface Puppet extends Sink {
  readonly batches: number[][]
  opens: number
  lose: OnLost
}

export const accept = (batch: readonly Outgoing[]): Receipt => ({ results: batch.map(() => 'accepted') })
export const meterOf = ({ meter }: Outgoing): number => Number(meter?.slice(4))

export const puppet = (
  play: { open?: () => Promise<void>; send?: (batch: readonly Outgoing[], signal: AbortSignal) => Receipt | Promise<Receipt> } = {},
): Puppet => {
  const self: Puppet = {
    name: 'puppet',
    batches: [],
    opens: 0,
    lose: () => {},
    async open(_signal, onLost = () => {}) {
      self.opens += 1
      self.lose = onLost
      await play.open?.()
    },
    async send(batch, signal) {
      self.batches.push(batch.map(meterOf))
      return play.send?.(batch, signal) ?? accept(batch)
    },
    async close() {},
  }
  return self
}

export const turns = async (count = 20): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** Lets time pass in small steps and everything happen that happens in each. */
export const pass = async (clock: ManualClock, ms: number, stepMs = 1_000): Promise<void> => {
  await turns()
  for (let passed = 0; passed < ms; passed += stepMs) {
    clock.advance(stepMs)
    await turns()
  }
}

export const stopped = async (delivery: Delivery, clock: ManualClock): Promise<void> => {
  const stopping = delivery.stop()
  await pass(clock, 6_000)
  await stopping
}
