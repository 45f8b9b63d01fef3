import { type Clock, systemClock } from '../clock.ts'
import { durationMs } from '../config/duration.ts'
import type { Config } from '../config.ts'
import { type Gateway, startGateway } from '../gateway.ts'
import { createLog, type Log } from '../log.ts'
import { keepTelling, systemdNotifier } from '../notify.ts'
import { type CaptureWriter, openCapture } from '../receivers/capture-writer.ts'
import { statusLine } from '../status-line.ts'
import { loadKek } from '../store/kek.ts'
import { VERSION } from '../version.ts'
import { type Attach, configOf } from './command.ts'
import { duration, megabytes } from './option-values.ts'

interface Options {
  readonly capture?: string
  readonly captureAll?: true
  readonly captureFor: number
  readonly captureMax: number
}

export const run: Attach = (parent) =>
  void parent
    .command('run')
    .description('the daemon: receive, decode, store and deliver until it is told to stop')
    .option('--capture <file>', 'also write what is received to a new file (0600) that "replay" reads')
    .option('--capture-all', 'not only telegrams of registered meters: those of neighbours too')
    .option('--capture-for <duration>', 'stop the capture after this time', duration, durationMs('1h'))
    .option('--capture-max <MB>', 'stop the capture at this size', megabytes, megabytes('100'))
    .action(async (options: Options, command) => {
      const config = configOf(command)
      const log = createLog({ ...config.log, to: 'stderr' })
      await live(config, log, options)
    })

/** Runs until SIGTERM or SIGINT; a second signal does not wait. */
async function live(config: Config, log: Log, options: Options): Promise<void> {
  const clock = systemClock(config.clock.trust)
  let gateway: Gateway | undefined
  const isRegistered = (meter: string): boolean => gateway?.store.meters.get(meter) !== undefined
  const capture = captureOf(options, isRegistered, clock, log)
  const observers = capture ? [capture] : []
  gateway = await startGateway({ config, clock, log, version: VERSION, kek: loadKek(config.kekFile), observers })
  const running = gateway
  const notifier = systemdNotifier(process.env, log)
  notifier?.ready()
  const hush = notifier && keepTelling(notifier, clock, log, () => statusLine(running.status()))
  const signal = await stopSignal()
  log.info({ signal }, 'stopping')
  notifier?.stopping()
  stopSignal().then(() => process.exit(1))
  await gateway.stop()
  await capture?.close()
  hush?.()
  notifier?.close()
  log.info({}, 'stopped')
}

const stopSignal = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, resolve)
  })

function captureOf(options: Options, isRegistered: (meter: string) => boolean, clock: Clock, log: Log): CaptureWriter | null {
  if (options.capture === undefined) return null
  return openCapture({
    file: options.capture,
    maxBytes: options.captureMax,
    forMs: options.captureFor,
    wanted: (meter) => options.captureAll === true || (meter !== null && isRegistered(meter)),
    clock,
    log,
  })
}
