import { z } from 'zod'
import type { Awaited, AwaitedMeters } from '../memory/awaited.ts'
import type { ReceiverHealth } from '../receivers/receiver.ts'
import type { Meter } from '../store/store.ts'
import { controlError } from './control-error.ts'
import { METER } from './meter-entry.ts'

/** How a wait for a meter stands: the result of the control action `meters.wait`. */
export interface WaitAnswer extends Awaited {
  /** By the daemon's clock, as all times here. */
  readonly nowMs: number
  readonly receivesAt: readonly Pick<ReceiverHealth, 'name' | 'state' | 'trouble'>[]
}

const argsSchema = z.strictObject({ wait: z.string().min(1).max(64), meter: z.string().regex(METER) })

export interface WaitParts {
  readonly awaited: AwaitedMeters
  nowMs(): number
  receivers(): readonly ReceiverHealth[]
  meter(name: string): Meter | undefined
}

/** The control action `meters.wait`; `wait` is a name that whoever waits made up, the same in each of his questions. */
export const waitAction =
  ({ awaited, nowMs, receivers, meter }: WaitParts) =>
  (args: unknown): WaitAnswer => {
    const checked = argsSchema.safeParse(args)
    if (!checked.success) throw controlError('invalid', 'wait must be a name, and meter that of one, as in KAM-07134347')
    const { wait, meter: name } = checked.data
    const registered = meter(name)
    if (registered === undefined) throw controlError('refused', `${name} is not registered any more`)
    if (registered.retiredAt !== null) throw controlError('refused', `${name} is out of service: what it sends does not count`)
    const receivesAt = receivers().map(({ name, state, trouble }) => ({ name, state, trouble }))
    return { ...awaited.ask(wait, name, nowMs()), nowMs: nowMs(), receivesAt }
  }
