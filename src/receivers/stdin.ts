import type { LinkEvents, Port } from './port.ts'

/** Standard input, for what another program pipes in. It ends once and for good, and cannot be written to. */
export const stdinPort: Port = {
  open({ opened, data, closed }: LinkEvents) {
    const input = process.stdin
    const ended = (): void => closed(null)
    input.on('data', data).on('end', ended).on('error', ended)
    queueMicrotask(opened)
    return {
      write() {},
      async close() {
        input.off('data', data).off('end', ended).off('error', ended).pause()
      },
    }
  },
}
