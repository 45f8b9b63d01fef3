/** Starts and stops what `gateway/` builds from the configuration. It holds no rules: those are in the parts. */

import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import { socketPath } from './control/protocol.ts'
import { startControl } from './control/server.ts'
import type { GatewayStatus } from './control/status.ts'
import type { Tell } from './events.ts'
import { actionsOf } from './gateway/asked.ts'
import type { Beginning } from './gateway/mode.ts'
import { buildParts, type Given, type Parts } from './gateway/parts.ts'
import { undoing } from './gateway/undoing.ts'
import type { Log } from './log.ts'
import { serveMetrics } from './metrics/metrics.ts'
import type { Outcome } from './outcome.ts'
import { acquireLock } from './store/disk/lock.ts'
import { openStore } from './store/open.ts'
import type { Store } from './store/store.ts'
import type { Telegram } from './wmbus/telegram.ts'

export interface GatewayParts extends Given {
  readonly config: Config
  readonly clock: Clock
  readonly log: Log
  readonly version: string
  /** Opens the sealed meter keys; null where no meter has one. */
  readonly kek: Uint8Array | null
  /** How much is started, and after how many starts that did not live; asked once the state directory is ours. */
  readonly begin?: () => Beginning
}

export interface Gateway {
  readonly store: Store
  readonly tell: Tell
  receive(telegram: Telegram): Outcome
  status(): GatewayStatus
  /** Stops receiving, closes what is open, writes what waits. Ends within a few seconds; never rejects. */
  stop(): Promise<void>
}

/** Rejects with an error that says what to try; then nothing is left running. */
export async function startGateway(given: GatewayParts): Promise<Gateway> {
  const { config, clock, log, version } = given
  const { onStop, stop } = undoing(clock, log)
  try {
    const lock = acquireLock(config.stateDirectory)
    if (!lock) throw new Error(`another daemon holds ${config.stateDirectory}: stop it first (systemctl stop varmesky)`)
    onStop(lock.release)
    const beginning = given.begin?.() ?? { mode: 'normal', failed: 0 }
    const store = openStore({ directory: config.stateDirectory, kek: given.kek, clock, unattended: true, maxBytes: config.store.maxSize })
    onStop(store.close)
    const parts = buildParts({ config, clock, log, version, store, onStop }, given, beginning)
    if (given.control !== false) await listen(parts)
    const { receivers, hearing, sms, status, tell } = parts
    for (const receiver of receivers) onStop(() => receiver.stop())
    sms?.start()
    await Promise.all(receivers.map((receiver) => receiver.start(hearing.receive)))
    log.info({ gateway: config.gateway, version, receivers: receivers.length }, 'the gateway runs')
    return { store, tell, receive: hearing.receive, status, stop }
  } catch (err) {
    await stop()
    throw err
  }
}

/** For commands and for Prometheus, both on this machine only. */
async function listen(parts: Parts): Promise<void> {
  const { config, log, status, onStop } = parts
  const control = await startControl({ path: socketPath(config.runtimeDirectory), actions: actionsOf(parts), log })
  onStop(control.close)
  if (config.metrics) onStop(await serveMetrics({ ...config.metrics, status, log }))
}
