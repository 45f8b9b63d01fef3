import type { Heard, Telegram } from '../../wmbus/telegram.ts'
import type { Dialect, DialectContext, Losses } from '../dialect.ts'

/** Longer than any line that carries one telegram. */
const LONGEST = 4096

/** Cuts a stream of text into lines; what waits for its line feed is at most `LONGEST` characters. Longer lines are skipped. */
export function lineSplitter(losses: Losses): { feed(bytes: Uint8Array): string[]; flush(): string[] } {
  let pending = ''
  let tooLong = false

  const kept = (line: string): boolean => {
    if (line.length <= LONGEST && !tooLong) return true
    losses.skipped += line.length + 1
    tooLong = false
    return false
  }

  const feed = (bytes: Uint8Array): string[] => {
    const parts = (pending + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')).split('\n')
    pending = parts.pop()!
    const lines = parts.filter(kept)
    if (pending.length > LONGEST) {
      losses.skipped += pending.length
      pending = ''
      tooLong = true
    }
    return lines
  }

  const flush = (): string[] => {
    const last = [pending].filter(kept)
    pending = ''
    return last
  }

  return { feed, flush }
}

/** Bars and underscores are what people and other programs set between the parts of a telegram. */
const HEX = /^[\s|_]*((?:[0-9A-F]{2}[\s|_]*)+)(.*)$/is
/** What may follow the hex: signal strength, time, a comment. */
const AFTER_HEX = /^(?:$|[;,#+-]|rssi)/i
/** `-73`, `;-73;T1`, `,-73.5 dBm`, `rssi=-73`. */
const DBM = /^[;,\s]*(?:rssi\s*[=:]?\s*)?(-\d{1,3}(?:\.\d+)?)\s*(?:dBm)?\s*(?:$|[;,])/i

/**
 * The bytes of a line of loose hex: `2E44…`, `0x2e44…`, `2E 44 …`, `2E44_9315|…`, `telegram=|2E44…|+12` with anything around it,
 * `2E44… -73 dBm`. Null where the line is something else or a digit is missing.
 */
export const hexOfLine = (line: string): Uint8Array | null => readHexLine(line)?.bytes ?? null

/** The same, and the dBm behind the hex; null where none are told. */
function readHexLine(line: string): { readonly bytes: Uint8Array; readonly rssi: number | null } | null {
  const [, logged] = /telegram=(\|[^|]*|.*)/i.exec(line) ?? []
  const [, hex, after] = HEX.exec((logged ?? line).replaceAll(/0x/gi, '')) ?? []
  if (hex === undefined || after === undefined || !AFTER_HEX.test(after)) return null
  const [, dBm] = DBM.exec(after) ?? []
  return { bytes: Uint8Array.from(Buffer.from(hex.replaceAll(/[\s|_]/g, ''), 'hex')), rssi: dBm === undefined ? null : Number(dBm) }
}

/** What a line was: a telegram, one whose checksum was wrong, or something else. */
export type LineRead = Telegram | 'bad checksum' | 'unread'

/**
 * A dialect of one telegram per line, each read on its own; what is no telegram is counted. `lastLine`: what becomes of a last line
 * without a line feed, which may have been cut short.
 */
export function lineDialect(losses: Losses, read: (line: string, heard: Heard) => LineRead, lastLine: 'read' | 'passed over'): Dialect {
  const lines = lineSplitter(losses)

  const telegramsOf = (line: string, heard: Heard): Telegram[] => {
    const found = read(line, heard)
    if (typeof found !== 'string') return [found]
    if (found === 'bad checksum') losses.badChecksums++
    else if (line.trim() !== '') losses.skipped += line.length + 1
    return []
  }

  return {
    feed: (bytes, heard) => lines.feed(bytes).flatMap((line) => telegramsOf(line, heard)),
    flush: (heard) => lines.flush().flatMap((line) => (lastLine === 'read' ? telegramsOf(line, heard) : [])),
    patienceMs: null,
    dialogue: [],
  }
}

/** Some dongles set a Z before a telegram whose CRCs they left in. */
const WITH_CRCS = /^\s*Z(?=[0-9A-F]{2})/i

/** Loose hex, one telegram per line, of any origin: whether CRCs are in it is known only where a Z says so. */
export const hexLines = ({ receiver, losses }: DialectContext): Dialect =>
  lineDialect(
    losses,
    (line, heard) => {
      const crc = WITH_CRCS.test(line) ? 'AorB' : 'unknown'
      const read = readHexLine(line.replace(WITH_CRCS, ''))
      return read ? { ...read, crc, heard, receiver, mode: null } : 'unread'
    },
    'read',
  )
