import { type Cancel, type Clock, systemClock } from '../clock.ts'
import { durationMs } from '../config/duration.ts'
import { type Config, type Loaded, loadConfig } from '../config.ts'
import { type Life, startLife } from '../daemon/life.ts'
import { beginStart } from '../daemon/starts.ts'
import { watchVitals } from '../daemon/vitals.ts'
import { startGateway } from '../gateway.ts'
import { createLog, isJournal, type Log, perMeter } from '../log.ts'
import { readMeterTypes } from '../meter-types/directory.ts'
import { keepTelling, type Notifier, systemdNotifier } from '../notify.ts'
import { type CaptureWriter, openCapture } from '../receivers/capture-writer.ts'
import { statusLine } from '../status-line.ts'
import { VERSION } from '../version.ts'
import { type Attach, configFileOf, configIn } from './command.ts'
import { duration, megabytes } from './option-values.ts'
import { kekFor } from './store-access.ts'
import { toldToStop } from './told-to-stop.ts'

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
      const file = configFileOf(command)
      const config = configIn(file)
      await live(file, config, logOf(config), options)
    })

/** Runs until SIGTERM or SIGINT; a second signal does not wait. SIGHUP reads the configuration again. */
async function live(file: string, config: Config, log: Log, options: Options): Promise<void> {
  const clock = systemClock(config.clock.trust)
  let life: Life | undefined
  // Before anything else: without a listener the signal would kill.
  process.on('SIGHUP', () => void life?.reload())
  const isRegistered = (meter: string): boolean => life?.gateway().store.meters.get(meter) !== undefined
  const capture = captureOf(options, isRegistered, clock, log)
  const observers = capture ? [capture] : []
  const notifier = systemdNotifier(process.env, log)
  life = await startLife(config, {
    ...{ clock, log, notifier },
    load: () => checkedConfig(file),
    begin: ({ runtimeDirectory }, only) => beginStart(runtimeDirectory, log, only),
    start: (config, begin) =>
      startGateway({
        ...{ config, begin, observers, version: VERSION },
        clock: systemClock(config.clock.trust),
        log: perMeter(logOf(config), clock.monotonicMs),
        kek: kekFor(config),
      }),
  })
  const hush = notifier && tellSystemd(life, notifier, clock, log)
  log.info({ signal: await toldToStop(clock).stopped }, 'stopping')
  notifier?.stopping()
  await life.stop()
  await capture?.close()
  hush?.()
  notifier?.close()
  log.info({}, 'stopped')
  // What was left behind at the stop must not keep the process.
  setTimeout(() => process.exit(0), LEAVE_MS).unref()
}

const LEAVE_MS = 500

const logOf = (config: Config): Log => createLog({ ...config.log, to: 'stderr', priorities: isJournal(2, process.env) })

function tellSystemd(life: Life, notifier: Notifier, clock: Clock, log: Log): Cancel {
  notifier.ready()
  const vitals = watchVitals(clock)
  const describe = (): string => {
    const status = life.status()
    return status === null ? 'the configuration is read again' : statusLine(status)
  }
  const dead = (): string | null => {
    const status = life.status()
    return status && vitals(status)
  }
  return keepTelling(notifier, clock, log, describe, dead)
}

/** The configuration, and what is wrong with the files it names that would keep the gateway from starting. */
function checkedConfig(file: string): Loaded {
  const loaded = loadConfig(file)
  if ('problems' in loaded) return loaded
  const { problems } = readMeterTypes(loaded.config.meters.types)
  return problems.length > 0 ? { problems } : loaded
}

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
