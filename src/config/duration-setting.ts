import { z } from 'zod'
import { DURATION, durationMs } from './duration.ts'

const NOT_A_DURATION = 'must be a duration such as 30s, 15m, 2h or 1d'

/** A setting that is a duration, both limits allowed; milliseconds once read. */
export const duration = (min: string, max: string) =>
  z
    .string(NOT_A_DURATION)
    .regex(DURATION, NOT_A_DURATION)
    .refine((text) => !DURATION.test(text) || (durationMs(text) >= durationMs(min) && durationMs(text) <= durationMs(max)), {
      error: `must be between ${min} and ${max}`,
    })
    .transform(durationMs)
