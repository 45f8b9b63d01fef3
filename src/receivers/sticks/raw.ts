import type { Heard, Telegram } from '../../wmbus/telegram.ts'
import type { Dialect, DialectContext } from '../dialect.ts'
import { PLAIN, PLAIN_PATIENCE_MS } from './plain-frames.ts'
import { frameSearch } from './resync.ts'

/** Dongles that send nothing but the telegrams in binary, from the L-field on. Nothing vouches for the bytes: format B's own CRC, where it was left in, is found later. */
export function raw({ receiver, losses }: DialectContext): Dialect {
  const frames = frameSearch(PLAIN, losses)
  const telegrams = (found: readonly Uint8Array[], heard: Heard): Telegram[] =>
    found.map((bytes) => ({ bytes, crc: 'unknown', heard, receiver, rssi: null, mode: null }))

  return {
    feed: (bytes, heard) => telegrams(frames.feed(bytes), heard),
    flush: (heard) => telegrams(frames.flush(), heard),
    patienceMs: PLAIN_PATIENCE_MS,
    dialogue: [],
  }
}
