import { z } from 'zod'
import type { MeterOnAir, OnAir } from '../memory/on-air.ts'
import type { ReceiverHealth } from '../receivers/receiver.ts'
import { checked } from './checked.ts'

/** Who is on the air, in parts: a city fits in no one answer. */
export interface HeardAnswer {
  /** By the daemon's clock, as all times here. */
  readonly nowMs: number
  readonly receivers: readonly ReceiverHealth[]
  /** Whether meters that are not registered are among them. */
  readonly unlisted: boolean
  /** Those heard after `afterMs`, the earliest first; where there are `MOST_AT_ONCE` there may be more: ask again after the last. */
  readonly meters: readonly MeterOnAir[]
}

/** Meters in one answer. */
export const MOST_AT_ONCE = 1000

const argsSchema = z.strictObject({ afterMs: z.number() })

export interface HeardParts {
  readonly onAir: OnAir
  readonly unlisted: boolean
  nowMs(): number
  receivers(): readonly ReceiverHealth[]
}

/** The control action `heard`. */
export const heardAction =
  ({ onAir, unlisted, nowMs, receivers }: HeardParts) =>
  (args: unknown): HeardAnswer => {
    const { afterMs } = checked(argsSchema, args)
    const now = nowMs()
    return { nowMs: now, receivers: receivers(), unlisted, meters: onAir.after(afterMs, MOST_AT_ONCE, now) }
  }
