import type { Link, LinkEvents, Port } from './port.ts'

/** Standard input, for what another program pipes in. It ends once and for good. */
export const stdinPort: Port = {
  open(events: LinkEvents): Link {
    const input = process.stdin
    const listeners = {
      data: events.data,
      end: () => events.closed(null),
      error: (error: Error) => events.closed(`stdin: ${error.message}`),
    }
    for (const [name, listener] of Object.entries(listeners)) input.on(name, listener)
    queueMicrotask(events.opened)
    return {
      write() {},
      async close() {
        for (const [name, listener] of Object.entries(listeners)) input.off(name, listener)
        input.pause()
      },
    }
  },
}
