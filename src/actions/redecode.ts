/** `redecode` as the daemon is asked for it, or as the command does it alone. */
import { z } from 'zod'
import type { Config } from '../config.ts'
import { checked } from '../control/checked.ts'
import { controlError } from '../control/control-error.ts'
import type { Log } from '../log.ts'
import { learnedFormats } from '../memory/formats.ts'
import { registeredMeters } from '../memory/registered.ts'
import { meterRegistry } from '../meter-types/directory.ts'
import { draft } from '../readings/close.ts'
import { type Difference, type Redecoded, redecode } from '../redecode.ts'
import type { Store } from '../store/store.ts'

const argsSchema = z.strictObject({
  from: z.iso.date().optional(),
  meter: z.string().optional(),
  /** Publishes what differs as corrections. */
  apply: z.boolean(),
  /** Stands in the correction, for billing and for those who come after. */
  reason: z
    .string()
    .regex(/^[\p{L}\p{N}\p{P}\p{S} ]{1,200}$/u, 'is one line of at most 200 characters')
    .optional(),
})
export type RedecodeArgs = z.input<typeof argsSchema>

export interface RedecodeResult extends Omit<Redecoded, 'differences'> {
  readonly differences: readonly Omit<Difference, 'correction'>[]
  /** Corrections that were stored, to be sent. */
  readonly applied: number
}

/** With the meter types as they are in their files now, also where the daemon still runs with older ones. */
export function redecodeAction(store: Store, config: Config, log: Log, args: unknown): RedecodeResult {
  const { apply, reason, from, meter } = checked(argsSchema, args)
  const { timeZone, gateway, day, meters } = config
  const parts = {
    store,
    meters: store.meters,
    registered: registeredMeters(store.meters, log),
    registry: meterRegistry(meters.types),
    formats: learnedFormats(store.memory),
    timeZone,
    gateway,
    toleranceMs: day.tolerance,
    include: day.include,
  }
  const { differences, ...rest } = redecode(parts, { ...(from && { from }), ...(meter && { meter }) }, reason)
  if (apply) {
    for (const { correction } of differences) store.outbox.add(draft(correction))
    if (!store.outbox.flush()) throw controlError('failed', 'the disk refuses to store the corrections: they wait in memory. Is it full?')
    log.info({ corrections: differences.length, reason }, 'readings were decoded again and corrected')
  }
  return { ...rest, differences: differences.map(({ correction: _, ...seen }) => seen), applied: apply ? differences.length : 0 }
}
