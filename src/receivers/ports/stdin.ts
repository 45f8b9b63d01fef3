import { inTurns } from './in-turns.ts'
import type { LinkEvents, Port } from './port.ts'

/** Standard input, for what another program pipes in. It ends once and for good, and cannot be written to. */
export const stdinPort: Port = {
  open({ opened, data, closed }: LinkEvents) {
    const input = process.stdin
    const ended = (): void => closed(null)
    const leaveOff = inTurns(input, data)
    input.on('end', ended).on('error', ended)
    queueMicrotask(opened)
    return {
      write() {},
      async close() {
        leaveOff()
        input.off('end', ended).off('error', ended).pause()
      },
    }
  },
}
