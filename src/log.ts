import { createHmac, randomBytes } from 'node:crypto'
import { fstatSync } from 'node:fs'
import { type DestinationStream, destination, pino, stdTimeFunctions } from 'pino'

/** What every room may say, and how: facts in `fields`, one plain sentence in `msg`. Handed in, never imported. */
export interface Log {
  debug(fields: object, msg: string): void
  info(fields: object, msg: string): void
  warn(fields: object, msg: string): void
  error(fields: object, msg: string): void
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const

export interface LogOptions {
  readonly level?: (typeof LOG_LEVELS)[number]
  /** `hashed` replaces every meter number by a pseudonym that stays the same until the process ends. */
  readonly meterIds?: 'full' | 'hashed'
  /** Puts syslog's priority before each line, `<4>`: the journal takes it off and files the line under it (sd-daemon(3)). */
  readonly priorities?: boolean
  readonly to?: 'stdout' | 'stderr' | DestinationStream
}

const SECRET_FIELD = /^(?:.*(?:key|password|passphrase|secret|token)|dek|kek|pin|pwd)s?$/i
/** Sixteen bytes in hexadecimal and nothing around them: a meter key more likely than anything else. */
const KEY_TEXT = /(?<![0-9A-Za-z-])[0-9A-Fa-f]{32}(?![0-9A-Za-z-])/g
const METER_TEXT = /(?<![0-9A-Za-z])[A-Z@[\]^_]{3}-[0-9A-F]{8}(?![0-9A-Za-z])/g
const HIDDEN = '[hidden]'

/** A log of JSON lines in which no key, password or PIN appears, whatever it is handed. */
export const createLog = (options: LogOptions = {}): Log =>
  pino(
    {
      level: options.level ?? 'info',
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: (fields) => hideFields(fields, 0) },
      hooks: {
        streamWrite: options.priorities ? withPriority(redaction(options.meterIds ?? 'full')) : redaction(options.meterIds ?? 'full'),
      },
    },
    stream(options.to ?? 'stderr'),
  )

/** For tests and for commands that only print. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} }

const stream = (to: NonNullable<LogOptions['to']>): DestinationStream =>
  typeof to === 'object' ? to : destination({ dest: to === 'stdout' ? 1 : 2, sync: true })

const hideFields = (fields: object, depth: number): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, SECRET_FIELD.test(name) ? HIDDEN : hideValue(value, depth)]))

const hideValue = (value: unknown, depth: number): unknown => {
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (typeof value !== 'object' || value === null || value instanceof Error || 'toJSON' in value) return value
  if (depth >= 4) return HIDDEN
  if (Array.isArray(value)) return value.map((item) => hideValue(item, depth + 1))
  return hideFields(value, depth + 1)
}

/** Takes keys out of a text, and meter numbers where it is told to. The same meter has the same pseudonym in all texts of one redaction. */
export const redaction = (meterIds: 'full' | 'hashed'): ((text: string) => string) => {
  const withoutKeys = (line: string): string => line.replace(KEY_TEXT, HIDDEN)
  if (meterIds === 'full') return withoutKeys
  // The key lives as long as the process: a table of all eight-digit numbers must not undo the pseudonyms.
  const key = randomBytes(16)
  const pseudonym = (meter: string): string => `meter-${createHmac('sha256', key).update(meter).digest('hex').slice(0, 10)}`
  return (line: string): string => withoutKeys(line).replace(METER_TEXT, pseudonym)
}

const PRIORITY: Readonly<Record<string, number>> = { debug: 7, info: 6, warn: 4, error: 3 }

const withPriority = (filter: (line: string) => string) => (line: string) => {
  const level = /^\{"level":"(\w+)"/.exec(line)?.[1] ?? 'info'
  return `<${PRIORITY[level] ?? 6}>${filter(line)}`
}

/** Whether what is written to this file descriptor goes to the journal: systemd says which file that is (JOURNAL_STREAM). */
export function isJournal(descriptor: number, environment: Readonly<Record<string, string | undefined>>): boolean {
  const told = environment['JOURNAL_STREAM']
  if (!told) return false
  const { dev, ino } = fstatSync(descriptor)
  return told === `${dev}:${ino}`
}

const QUIET_MS = 3_600_000
/** Radio can name any meter. */
const MOST_REMEMBERED = 20_000

/** The same log, in which the same sentence about the same meter stands once an hour, with how often it was left out. */
export function perMeter(log: Log, monotonicMs: () => number): Log {
  const said = new Map<string, { readonly ms: number; left: number }>()
  const limited =
    (level: 'info' | 'warn' | 'error') =>
    (fields: object, msg: string): void => {
      const meter = (fields as { readonly meter?: unknown }).meter
      if (typeof meter !== 'string') {
        log[level](fields, msg)
        return
      }
      const key = `${meter} ${msg}`
      const last = said.get(key)
      if (last !== undefined && monotonicMs() - last.ms < QUIET_MS) {
        last.left++
        return
      }
      said.delete(key)
      if (said.size >= MOST_REMEMBERED) said.delete(said.keys().next().value!)
      said.set(key, { ms: monotonicMs(), left: 0 })
      log[level](last?.left ? { ...fields, leftOut: last.left } : fields, msg)
    }
  return { debug: (fields, msg) => log.debug(fields, msg), info: limited('info'), warn: limited('warn'), error: limited('error') }
}
