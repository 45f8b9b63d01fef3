/** The daemon's life: a gateway that is built anew where its configuration is read again, and in safe mode where it cannot live. */
import type { Cancel, Clock } from '../clock.ts'
import type { Config, Loaded } from '../config.ts'
import type { Mode } from '../control/modes.ts'
import type { GatewayStatus } from '../control/status.ts'
import type { Gateway } from '../gateway.ts'
import type { Log } from '../log.ts'
import type { Notifier } from '../notify.ts'
import { LIVED_MS, type Start } from './starts.ts'

/** So long everything stays off before it is tried again. */
export const SAFE_MS = 1_800_000

export interface LifeParts {
  readonly clock: Clock
  readonly log: Log
  readonly notifier: Pick<Notifier, 'reloading' | 'ready'> | null
  /** The configuration as it is in the file now. */
  load(): Loaded
  /** Counts a start; called once its state directory is ours. */
  begin(config: Config, only?: Mode): Start
  start(config: Config, begin: () => Start): Promise<Gateway>
}

export interface Life {
  gateway(): Gateway
  /** Null while one gateway ends and the next begins. */
  status(): GatewayStatus | null
  /** Reads the configuration anew and leaves safe mode. What is wrong with it changes nothing, and is told. */
  reload(): Promise<void>
  /** Ends within seconds; never rejects. */
  stop(): Promise<void>
}

/** Rejects like `startGateway`. */
export async function startLife(first: Config, parts: LifeParts): Promise<Life> {
  const { clock, log, notifier } = parts
  let running: { readonly config: Config; readonly gateway: Gateway; readonly start: Start; readonly cancel: Cancel } | null = null
  /** One change at a time. */
  let queue: Promise<void> = Promise.resolve()

  const begin = async (config: Config, only?: Mode): Promise<Gateway> => {
    let start: Start | undefined
    const gateway = await parts.start(config, () => {
      start = parts.begin(config, only)
      return start
    })
    const cancels = [clock.after(LIVED_MS, start!.lived)]
    if (start!.mode !== 'normal') cancels.push(clock.after(SAFE_MS, () => void inTurn(tryAll)))
    running = { config, gateway, start: start!, cancel: () => cancels.forEach((cancel) => void cancel()) }
    if (start!.mode !== 'normal') gateway.tell('daemon.safe-mode', { mode: start!.mode, failedStarts: start!.failed })
    return gateway
  }
  const end = async (): Promise<void> => {
    const ending = running
    running = null
    ending?.cancel()
    await ending?.gateway.stop()
  }
  const inTurn = (act: () => Promise<void>): Promise<void> => {
    queue = queue.then(act)
    return queue
  }

  const tryAll = async (): Promise<void> => {
    if (running === null) return
    log.warn({}, 'safe mode ends: everything is tried again')
    await change(running.config)
  }
  /** Back to the old configuration where the gateway does not start with the new one; false then. */
  const change = async (config: Config): Promise<boolean> => {
    const { config: old } = running!
    const wasSafe = running!.start.mode !== 'normal'
    await end()
    const gateway = await begin(config, 'normal').catch(async (err: Error) => {
      log.error({ err }, 'the gateway does not start with the new configuration, and the one before is in force again')
      const back = await begin(old, 'normal')
      back.tell('config.refused', { problem: err.message })
      return back
    })
    if (wasSafe) gateway.tell('daemon.normal')
    return running!.config === config
  }
  const reload = async (): Promise<void> => {
    if (running === null) return
    notifier?.reloading()
    const loaded = parts.load()
    if ('problems' in loaded) {
      log.error({ problems: loaded.problems }, 'the configuration is not in order, and the one before stays in force')
      running.gateway.tell('config.refused', { problems: loaded.problems.length })
    } else if (await change(loaded.config)) running!.gateway.tell('config.reloaded')
    notifier?.ready()
  }

  await begin(first)
  return {
    gateway: () => running!.gateway,
    status: () => running?.gateway.status() ?? null,
    reload: () => inTurn(reload),
    stop: () =>
      inTurn(async () => {
        const start = running?.start
        await end()
        start?.ended()
      }).catch((err) => log.error({ err }, 'the daemon did not stop cleanly')),
  }
}
