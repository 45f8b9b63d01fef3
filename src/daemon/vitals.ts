/** What may be dead although the event loop turns; systemd's watchdog is fed only while nothing is. */
import type { Clock } from '../clock.ts'
import type { GatewayStatus } from '../control/status.ts'

/** A commit waits 10 s at most; a failing one is tried again and is no death. */
const STORE_MS = 300_000
/** A port opens or fails within a minute or two; then it waits and is tried again. */
const RECEIVER_MS = 600_000

export type Vitals = (status: GatewayStatus) => string | null

/** Remembers between the looks what has not moved. Null: all lives. */
export function watchVitals(clock: Clock): Vitals {
  const since = new Map<string, { readonly mark: string; readonly ms: number }>()
  const stuckMs = (what: string, mark: string): number => {
    const nowMs = clock.monotonicMs()
    const last = since.get(what)
    if (last?.mark === mark) return nowMs - last.ms
    since.set(what, { mark, ms: nowMs })
    return 0
  }
  let leastWaiting = 0
  const store = ({ state, waiting }: GatewayStatus['store']): string | null => {
    const moves = state !== 'ok' || waiting === 0 || waiting < leastWaiting
    leastWaiting = waiting
    const ms = stuckMs('store', moves ? `moving at ${clock.monotonicMs()}` : 'still')
    return ms > STORE_MS ? `${waiting} messages wait for a commit that does not come` : null
  }
  const receiver = ({ name, state, reopened }: GatewayStatus['receivers'][number]): string | null => {
    const ms = stuckMs(
      `receiver ${name}`,
      state === 'opening' || state === 'closed' ? `${state} ${reopened}` : `well at ${clock.monotonicMs()}`,
    )
    return ms > RECEIVER_MS ? `the receiver ${name} is ${state} and does not move` : null
  }
  return (status) => [store(status.store), ...status.receivers.map(receiver)].find((trouble) => trouble !== null) ?? null
}
