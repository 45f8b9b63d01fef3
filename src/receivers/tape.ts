import { createWriteStream, fstatSync } from 'node:fs'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { LinkMode } from '../wmbus/telegram.ts'
import { openPrivate } from './capture-writer.ts'
import type { Port } from './ports/port.ts'
import type { Sender, Senders } from './senders.ts'

/** Whose bytes are recorded, as a replay must know it. */
export interface Recorded {
  readonly receiver: string
  readonly use: string
  readonly modes?: readonly LinkMode[]
}

/**
 * What happened at a port, as one line of JSON without `receiver` and `ms` (since the recording began). `in` and `out` are bytes in hex:
 * from the device and to it. `message` is a datagram. `sender`: one of many connections. `closed`: why; null where the source came to its end.
 */
export type TapeEvent =
  | ({ readonly opened: string | null } & Omit<Recorded, 'receiver'>)
  | { readonly in: string; readonly sender?: number }
  | { readonly out: string }
  | { readonly message: string }
  | { readonly gone: boolean; readonly sender: number }
  | { readonly closed: string | null }

/** Records the bytes of ports with their time. */
export interface Tape {
  add(receiver: string, event: TapeEvent): void
  /** Resolves once everything is in the file. */
  close(): Promise<void>
}

export interface TapeOptions {
  readonly file: string
  /** Goes on with a file that exists; else that is an error. */
  readonly append?: boolean
  /** The file never grows beyond this. */
  readonly maxBytes: number
  readonly clock: Clock
  readonly log: Log
}

/** Writes a recording, readable by its owner only (0600). Throws an Error that says what to try. */
export function openTape({ file, append = false, maxBytes, clock, log }: TapeOptions): Tape {
  const fd = openPrivate(file, append)
  const stream = createWriteStream('', { fd })
  const finished = new Promise<void>((resolve) => stream.once('close', () => resolve()))
  const startedMs = clock.monotonicMs()
  let bytes = fstatSync(fd).size
  let open = true
  const stop = (): void => {
    if (open) stream.end()
    open = false
  }
  stream.on('error', (error) => {
    open = false
    log.error({ file, bytes }, `recording broken off: ${error.message}`)
  })
  return {
    add(receiver, event) {
      if (!open) return
      const line = `${JSON.stringify({ receiver, ms: Math.round(10 * (clock.monotonicMs() - startedMs)) / 10, ...event })}\n`
      bytes += line.length
      if (bytes <= maxBytes) stream.write(line)
      else {
        stop()
        log.warn({ file }, 'recording ended: it is as long as it may become')
      }
    },
    close() {
      stop()
      return finished
    },
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** The port, with all that goes over it on tape. `recorded` is asked anew at each opening: who is looked for is found by then. */
export const taped = (port: Port, tape: Tape, recorded: () => Recorded, utcMs: () => number | null): Port => ({
  open(events) {
    const add = (event: TapeEvent): void => tape.add(recorded().receiver, event)
    let isOpen = false
    const closed = (trouble: string | null): void => {
      if (isOpen) add({ closed: trouble })
      isOpen = false
    }
    const link = port.open({
      opened() {
        const at = utcMs()
        const { receiver: _, ...what } = recorded()
        add({ opened: at === null ? null : new Date(at).toISOString(), ...what })
        isOpen = true
        events.opened()
      },
      data(bytes) {
        add({ in: hex(bytes) })
        events.data(bytes)
      },
      closed(trouble) {
        closed(trouble)
        events.closed(trouble)
      },
    })
    return {
      write(bytes) {
        add({ out: hex(bytes) })
        link.write(bytes)
      },
      close() {
        closed('by us')
        return link.close()
      },
    }
  },
})

/** The same of a port where many may send. */
export function tapedSenders(senders: Senders, tape: Tape, receiver: string): Senders {
  let last = 0
  return {
    ...senders,
    joined(): Sender {
      const sender = ++last
      const { data, gone } = senders.joined()
      return {
        data(bytes) {
          tape.add(receiver, { in: hex(bytes), sender })
          data(bytes)
        },
        gone(ended) {
          tape.add(receiver, { gone: ended, sender })
          gone(ended)
        },
      }
    },
    message(bytes) {
      tape.add(receiver, { message: hex(bytes) })
      senders.message(bytes)
    },
  }
}
