/** What systemd is told (sd_notify(3)): READY, STATUS, STOPPING, and that the daemon lives. */
import { createRequire } from 'node:module'
import type { Cancel, Clock } from './clock.ts'
import type { Log } from './log.ts'

interface Datagrams {
  send(message: Buffer, offset: number, length: number, path: string, done: (error?: Error) => void): void
  close(): void
}

export interface Notifier {
  /** Store and configuration are in order; whether the broker is there is another matter. */
  ready(): void
  /** The configuration is read anew; ends with `ready`. */
  reloading(): void
  /** One line for `systemctl status`. */
  status(text: string): void
  stopping(): void
  /** Feeds the watchdog. */
  alive(): void
  /** How often systemd wants to hear it, in milliseconds; null: it does not watch. */
  readonly watchdogMs: number | null
  close(): void
}

type Environment = Readonly<Record<string, string | undefined>>

/** Null where no systemd listens (NOTIFY_SOCKET). What cannot be sent is logged once: the daemon goes on. */
export function systemdNotifier(environment: Environment, log: Log): Notifier | null {
  const address = environment['NOTIFY_SOCKET']
  if (!address) return null
  const socket = datagrams(log)
  if (socket === null) return null
  // An abstract address begins with a NUL, which the environment writes as "@".
  const path = address.replace(/^@/, '\0')
  let complained = false
  const send = (text: string): void => {
    const message = Buffer.from(text)
    socket.send(message, 0, message.length, path, (err) => {
      if (err && !complained) log.warn({ err }, 'systemd cannot be told how the daemon does')
      complained ||= err !== undefined && err !== null
    })
  }
  return {
    ready: () => send('READY=1'),
    reloading: () => send(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`),
    status: (text) => send(`STATUS=${text.replaceAll('\n', ' ')}`),
    stopping: () => send('STOPPING=1'),
    alive: () => send('WATCHDOG=1'),
    watchdogMs: watchdogOf(environment),
    close: () => socket.close(),
  }
}

/** WATCHDOG_USEC, where it is meant for this process. */
function watchdogOf(environment: Environment): number | null {
  const pid = environment['WATCHDOG_PID']
  const usec = Number(environment['WATCHDOG_USEC'] ?? 0)
  return usec > 0 && (pid === undefined || Number(pid) === process.pid) ? usec / 1000 : null
}

/** Node has no datagrams over Unix sockets; the module that has is optional, because it must be compiled. */
function datagrams(log: Log): Datagrams | null {
  try {
    const { createSocket } = createRequire(import.meta.url)('unix-dgram') as { createSocket(type: 'unix_dgram'): Datagrams }
    return createSocket('unix_dgram')
  } catch (err) {
    log.error({ err }, 'the module unix-dgram is missing, so systemd cannot be told that the daemon runs: install a compiler and it anew')
    return null
  }
}

/**
 * Tells systemd how the daemon does, thrice as often as the watchdog wants to hear it. It is fed only from a turn of the event loop
 * in which every part could say how it does, and none is dead: a part that hangs or breaks for good ends in a restart.
 * @param dead what does not live any more although the loop turns; null: nothing
 */
export function keepTelling(
  notifier: Notifier,
  clock: Clock,
  log: Log,
  describe: () => string,
  dead: () => string | null = () => null,
): Cancel {
  const everyMs = (notifier.watchdogMs ?? 60_000) / 3
  const tell = (): void => {
    try {
      notifier.status(describe())
      const why = dead()
      if (why === null) notifier.alive()
      else log.error({ why }, 'a part of the daemon is dead; if that lasts, the watchdog restarts it')
    } catch (err) {
      log.error({ err }, 'the daemon cannot tell how it does; if that lasts, the watchdog restarts it')
    }
  }
  tell()
  return clock.every(everyMs, tell)
}
