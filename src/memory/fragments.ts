import { meterKey } from '../wmbus/address.ts'
import { fragmentNumber, joinFragments, moreFragments } from '../wmbus/afl.ts'
import type { Datagram } from '../wmbus/datagram.ts'
import type { Heard } from '../wmbus/telegram.ts'

/** Messages that come in several frames (EN 13757-7, AFL): one at a time for each sender. */
export interface Fragments {
  /** Takes a datagram that stopped at `afl.fragment`. The whole message, for `reassembled`, where it was the last; else null. */
  add(d: Datagram, heard: Heard): Uint8Array | null
  size(): number
}

interface Message {
  readonly firstMs: number
  readonly fragments: Datagram[]
  bytes: number
}

/** The longest message the layer can announce is 16 kB. */
const MOST_BYTES = 16_384

/** The same message, and the same protection: its counter where both tell it. */
function belongs(d: Datagram, { fragments: [first] }: Message): boolean {
  const counters = [first?.afl?.messageCounter, d.afl?.messageCounter].filter((counter) => typeof counter === 'number')
  return first?.encryption === d.encryption && new Set(counters).size < 2
}

/** Fragments 1, 2, … n in order, within `keepMs` of the first; bounded by number and by length. */
export function fragmentedMessages(keepMs: number, most: number): Fragments {
  const messages = new Map<number, Message>()

  function forget(nowMs: number): void {
    for (const [sender, { firstMs }] of messages) {
      if (messages.size <= most && nowMs - firstMs <= keepMs) return
      messages.delete(sender)
    }
  }
  function append(sender: number, message: Message, d: Datagram): Uint8Array | null {
    message.fragments.push(d)
    message.bytes += d.end - d.pos
    const last = !moreFragments(d.afl!.fragmentControl)
    if (last || message.bytes > MOST_BYTES) messages.delete(sender)
    return last && message.bytes <= MOST_BYTES ? joinFragments(message.fragments) : null
  }
  return {
    add(d, { monotonicMs }) {
      const address = d.dll?.address
      if (!address || !d.afl) return null
      forget(monotonicMs)
      const sender = meterKey(address)
      const number = fragmentNumber(d.afl.fragmentControl)
      if (number === 1) {
        const message = { firstMs: monotonicMs, fragments: [], bytes: 0 }
        // Deleted first, so that the map stays in the order of the first fragments.
        messages.delete(sender)
        messages.set(sender, message)
        forget(monotonicMs)
        return append(sender, message, d)
      }
      const message = messages.get(sender)
      const had = message?.fragments.length ?? 0
      // The last one again comes from a second receiver.
      if (!message || number === had) return null
      if (number === had + 1 && belongs(d, message)) return append(sender, message, d)
      messages.delete(sender)
      return null
    },
    size: () => messages.size,
  }
}
