import type { Heard, Telegram } from '../wmbus/telegram.ts'
import type { Dialect, DialectContext, Losses } from './dialect.ts'

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

/**
 * The bytes of a line of loose hex: `2E44…`, `0x2e44…`, `2E 44 …`, `2E44_9315|…`, `telegram=|2E44…|+12` with anything around it,
 * `2E44… -73 dBm`. Null where the line is something else or a digit is missing.
 */
export function hexOfLine(line: string): Uint8Array | null {
  const [, logged] = /telegram=(\|[^|]*|.*)/i.exec(line) ?? []
  const match = HEX.exec((logged ?? line).replaceAll(/0x/gi, ''))
  if (match === null || !AFTER_HEX.test(match[2]!)) return null
  return Uint8Array.from(Buffer.from(match[1]!.replaceAll(/[\s|_]/g, ''), 'hex'))
}

/** Loose hex, one telegram per line, of any origin: whether CRCs are in it is not known. */
export function hexLines({ receiver, losses }: DialectContext): Dialect {
  const lines = lineSplitter(losses)

  const telegramsOf = (line: string, heard: Heard): Telegram[] => {
    const bytes = hexOfLine(line)
    if (bytes) return [{ bytes, crc: 'unknown', heard, receiver, rssi: null, mode: null }]
    if (line.trim() !== '') losses.skipped += line.length + 1
    return []
  }

  return {
    feed: (bytes, heard) => lines.feed(bytes).flatMap((line) => telegramsOf(line, heard)),
    flush: (heard) => lines.flush().flatMap((line) => telegramsOf(line, heard)),
    patienceMs: null,
    dialogue: [],
  }
}
