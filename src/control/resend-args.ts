import { z } from 'zod'
import { METER } from './meter-entry.ts'

const sinks = z.array(z.string().min(1).max(32)).min(1)

/** A span of days, both included, on these sinks. */
export const resendSchema = z
  .strictObject({ from: z.iso.date(), to: z.iso.date(), meter: z.string().regex(METER).optional(), sinks })
  .refine(({ from, to }) => from <= to, 'from must not lie after to')

/** Which held or refused messages: by number, or all of a sink, or all. */
export const exceptionsSchema = z.strictObject({
  sink: z.string().min(1).max(32).optional(),
  seqs: z.array(z.int().positive()).min(1).optional(),
})
