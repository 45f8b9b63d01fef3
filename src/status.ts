/** What a running gateway tells about itself: read from the parts, kept nowhere. */

import { TRUST } from './clock/wall.ts'
import { type Clock, trustIn } from './clock.ts'
import type { Config } from './config.ts'
import type { ClockStatus, DayStatus, GatewayStatus, SmsStatus } from './control/status.ts'
import type { Delivery } from './delivery.ts'
import type { Beginning } from './gateway/mode.ts'
import type { HeardToday } from './memory/heard.ts'
import type { ProvisionalState } from './memory/provisional.ts'
import type { Unlisted } from './memory/unlisted.ts'
import type { PipelineState } from './pipeline.ts'
import { dayBefore, dayOf } from './readings/day.ts'
import type { ReadingsState } from './readings/readings.ts'
import type { Receiver } from './receivers/receiver.ts'
import type { RunningRetention } from './retention.ts'
import type { Store } from './store/store.ts'

export interface StatusParts {
  readonly config: Config
  readonly clock: Clock
  readonly version: string
  /** By the monotonic clock. */
  readonly startedMs: number
  readonly beginning: Beginning
  readonly store: Store
  readonly receivers: readonly Receiver[]
  readonly pipeline: PipelineState
  readonly readings: ReadingsState
  readonly provisional: ProvisionalState
  readonly heard: HeardToday
  readonly delivery: Delivery
  readonly unlisted: Unlisted | null
  readonly retention: Pick<RunningRetention, 'state'>
  readonly sms: { state(): SmsStatus } | null
}

export function gatewayStatus(s: StatusParts): GatewayStatus {
  const { config, clock, version } = s
  const utcMs = clock.utcMs()
  const inService = s.store.meters.list().filter(({ retiredAt }) => retiredAt === null)
  const registered = inService.length
  return {
    gateway: config.gateway,
    version,
    startedAt: utcMs === null ? null : new Date(utcMs - clock.monotonicMs() + s.startedMs).toISOString(),
    mode: s.beginning.mode,
    failedStarts: s.beginning.failed,
    receivers: s.receivers.map((receiver) => receiver.health()),
    outcomes: s.pipeline.outcomes,
    reasons: s.pipeline.reasons,
    meters: { registered, heardToday: s.heard.count(), nextKeys: inService.filter(({ nextKeyCheck }) => nextKeyCheck !== null).length },
    ignored: s.readings.ignored,
    unlisted: s.unlisted?.list(clock.monotonicMs()).map(({ meter, telegrams }) => ({ meter, telegrams })) ?? null,
    clock: clockStatus(s),
    day: utcMs === null ? null : dayStatus(s, dayOf(utcMs, config.timeZone), registered),
    sinks: orElse([], s.delivery.state),
    store: { ...s.store.health(), ...s.store.outbox.queue() },
    retention: orElse(null, s.retention.state),
    sms: s.sms && orElse(null, s.sms.state),
  }
}

function clockStatus({ clock, provisional }: StatusParts): ClockStatus {
  const reason = trustIn(clock)
  const [known, text] = TRUST[reason]
  return { known, reason, text, provisional }
}

/** A disk that cannot even be read must not keep the daemon from telling so. */
function orElse<T>(otherwise: T, ask: () => T): T {
  try {
    return ask()
  } catch {
    return otherwise
  }
}

function dayStatus(s: StatusParts, day: string, expected: number): DayStatus {
  const yesterday = dayBefore(day)
  const stored = orElse([], () => s.store.outbox.readings({ day: yesterday }))
  const meters = new Set(stored.map((message) => message.meter))
  const closed = s.readings.closed !== null && yesterday <= s.readings.closed
  return { day, yesterday: { day: yesterday, closed, readings: meters.size, expected } }
}
