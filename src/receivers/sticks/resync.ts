import type { Losses } from '../dialect.ts'

/** How the frames of a host protocol are told from anything else. */
export interface FrameRule {
  /** The byte every frame starts with, or null. */
  readonly start: number | null
  /** So many bytes have to be there before the frame's size can be told. */
  readonly header: number
  /** Bytes of the frame that starts at `at`; 0 where none can start there; more than there are while its end is not in sight. */
  size(bytes: Uint8Array, at: number): number
  /** A `checksum`; or its `place` among others, where the protocol has none. */
  readonly vouched: 'checksum' | 'place'
  /** Is it vouched for? Null: that depends on bytes still to come. */
  right(bytes: Uint8Array, at: number, size: number, place: Place): boolean | null
}

/** Where a frame stands. */
export interface Place {
  /** Right behind another, or behind silence. */
  readonly expected: boolean
  /** Silence follows the last of the bytes. */
  readonly last: boolean
}

export interface FrameSearch {
  /** Bytes as they come, cut anywhere: the frames that are complete, as copies. */
  feed(bytes: Uint8Array): Uint8Array[]
  /** No more bytes will come for what is half here: the frames that were waiting behind it. */
  flush(): Uint8Array[]
}

/**
 * Finds the frames in a stream. Start bytes occur in payloads and noise too, so only what is vouched for is a frame. Where it is not,
 * one byte is skipped and the search goes on, never by a length that nothing vouches for. What waits for its end is at most one frame.
 */
export function frameSearch(rule: FrameRule, losses: Losses): FrameSearch {
  let pending = new Uint8Array(0)
  let expected = false

  /** Bytes of the frame at `at`; 0: none is there; null: more bytes will tell. */
  const frameAt = (bytes: Uint8Array, at: number, last: boolean): number | null => {
    const undecided = last ? 0 : null
    if (rule.start !== null && bytes[at] !== rule.start) return 0
    if (at + rule.header > bytes.length) return undecided
    const size = rule.size(bytes, at)
    if (size === 0) return 0
    if (at + size > bytes.length) return undecided
    const right = rule.right(bytes, at, size, { expected, last })
    if (right === null) return undecided
    if (!right && rule.vouched === 'checksum') losses.badChecksums++
    return right ? size : 0
  }

  const search = (bytes: Uint8Array, last: boolean): Uint8Array[] => {
    const frames: Uint8Array[] = []
    let at = 0
    while (at < bytes.length) {
      const size = frameAt(bytes, at, last)
      if (size === null) break
      if (size > 0) frames.push(bytes.slice(at, at + size))
      else losses.skipped++
      expected = size > 0
      at += size || 1
    }
    pending = bytes.slice(at)
    return frames
  }

  return {
    feed: (bytes) => search(pending.length === 0 ? bytes : joined(pending, bytes), false),
    flush() {
      const frames = search(pending, true)
      expected = true
      return frames
    },
  }
}

const joined = (a: Uint8Array, b: Uint8Array): Uint8Array => {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
