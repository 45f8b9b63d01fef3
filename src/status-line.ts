import { MODES } from './control/modes.ts'
import type { GatewayStatus } from './control/status.ts'

/** The status in one line, for `systemctl status`. */
export function statusLine({ mode, receivers, meters, sinks }: GatewayStatus): string {
  const open = receivers.filter(({ state }) => state === 'receiving').length
  const waiting = sinks.map((s) => `${s.sink} ${s.connected ? 'connected' : 'away'}, ${s.live + s.backlog + s.held} waiting`)
  return [
    ...(mode === 'normal' ? [] : [MODES[mode]]),
    `${open} of ${receivers.length} receivers`,
    `${meters.heardToday} of ${meters.registered} meters heard today`,
    ...waiting,
  ].join('; ')
}
