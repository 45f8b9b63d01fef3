import { Temporal } from 'temporal-polyfill'
import { z } from 'zod'
import { type CrcLayout, type Heard, LINK_MODES, type Telegram } from '../wmbus/telegram.ts'
import { hexOfLine } from './streams/lines.ts'
import { parseRtlLine, telegramOfRtlLine } from './streams/rtl-wmbus.ts'

/** One telegram as one line of JSON, without line feed; `parseCaptureLine` reads it back to the same telegram. */
export const captureLine = ({ bytes, crc, heard, receiver, rssi, mode }: Telegram): string =>
  JSON.stringify({
    at: heard.utcMs === null ? null : new Date(heard.utcMs).toISOString(),
    bootId: heard.bootId,
    monotonicMs: heard.monotonicMs,
    receiver,
    mode,
    rssi,
    crc,
    telegram: Buffer.from(bytes).toString('hex'),
  })

export interface CaptureOptions {
  /** Name of the receiver for lines that do not tell one. */
  readonly receiver: string
  /** IANA zone of the local times that rtl_wmbus writes. */
  readonly timeZone: string
}

/** When a line that tells no time counts as heard, at the start of a file. */
export const CAPTURE_START: Heard = { bootId: 'capture', monotonicMs: 0, utcMs: null }

/**
 * Reads one line, whatever its form: our own JSON, a line of rtl_wmbus, or loose hex. `previous` is when the line before was
 * heard: so was this one where it does not tell. Null for blank lines and comments (#); a text says why a line cannot be read.
 */
export function parseCaptureLine(line: string, previous: Heard, options: CaptureOptions): Telegram | string | null {
  const text = line.trim()
  if (text === '' || text.startsWith('#')) return null
  if (text.startsWith('{')) return ofJson(text)
  const rtl = parseRtlLine(text)
  if (rtl) {
    const heard = heardAt(rtl.time, previous, options.timeZone)
    return telegramOfRtlLine(rtl, heard, options.receiver) ?? 'rtl_wmbus says that its CRC is wrong, or it has no bytes'
  }
  const bytes = hexOfLine(text)
  if (bytes) return { bytes, crc: 'unknown', heard: previous, receiver: options.receiver, rssi: null, mode: null }
  return 'neither hex, telegram=|…|, a line of rtl_wmbus nor a line of a capture'
}

/** Reads a capture line by line. Lines that cannot be read are told to `problem` and passed over. */
export async function* readCapture(
  lines: AsyncIterable<string>,
  options: CaptureOptions & { problem(lineNumber: number, why: string): void },
): AsyncGenerator<Telegram> {
  let heard = CAPTURE_START
  let lineNumber = 0
  for await (const line of lines) {
    lineNumber++
    const read = parseCaptureLine(line, heard, options)
    if (typeof read === 'string') options.problem(lineNumber, read)
    else if (read !== null) {
      heard = read.heard
      yield read
    }
  }
}

/** `listen --jsonl` writes less: what it leaves out is as the defaults say. */
const row = z.object({
  at: z.iso.datetime().nullable(),
  bootId: z.string().default(CAPTURE_START.bootId),
  monotonicMs: z.number().optional(),
  receiver: z.string(),
  mode: z.enum(LINK_MODES).nullable().default(null),
  rssi: z.number().nullable().default(null),
  crc: z.enum(['A', 'B', 'AorB', 'stripped', 'wired', 'unknown'] satisfies CrcLayout[]).default('stripped'),
  telegram: z.string().regex(/^(?:[0-9a-f]{2})*$/i, 'must be hex'),
})

function ofJson(text: string): Telegram | string {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return 'not JSON: cut short?'
  }
  const { data, error } = row.safeParse(json)
  if (error) return `not a line of a capture: ${error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`
  const { at, bootId, monotonicMs, telegram, ...rest } = data
  const utcMs = at === null ? null : Date.parse(at)
  const heard = { bootId, monotonicMs: monotonicMs ?? utcMs ?? 0, utcMs }
  return { bytes: Uint8Array.from(Buffer.from(telegram, 'hex')), heard, ...rest }
}

/** A box that was not told the time, such as an ESP32 after a power cut, begins in 1970. */
const FIRST_YEAR = 2000

/** The time a line of rtl_wmbus tells, as the moment it was heard; `previous` where it tells none. */
function heardAt(time: string, previous: Heard, timeZone: string): Heard {
  const local = localTime(time)
  if (local === null || local.year < FIRST_YEAR) return previous
  const utcMs = instantOf(local, time.endsWith('Z') ? 'UTC' : timeZone, previous.utcMs)
  return { bootId: CAPTURE_START.bootId, monotonicMs: utcMs, utcMs }
}

function localTime(time: string): Temporal.PlainDateTime | null {
  try {
    return Temporal.PlainDateTime.from(time.replace(/Z$/, ''))
  } catch {
    return null
  }
}

const MINUTE_MS = 60_000

/** In the hour that comes twice in autumn it is the first one, unless the line before was heard well after that. */
function instantOf(local: Temporal.PlainDateTime, timeZone: string, previousMs: number | null): number {
  const at = (disambiguation: 'earlier' | 'later') => local.toZonedDateTime(timeZone, { disambiguation }).epochMilliseconds
  const first = at('earlier')
  return previousMs !== null && first < previousMs - MINUTE_MS ? at('later') : first
}
