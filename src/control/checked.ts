import type { z } from 'zod'
import { controlError } from './control-error.ts'

/** The arguments of an action as its schema makes them; throws `invalid` with what is wrong, and where, without their values. */
export function checked<Args extends z.ZodType>(schema: Args, args: unknown): z.output<Args> {
  const { data, error } = schema.safeParse(args)
  if (error === undefined) return data
  throw controlError('invalid', error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; '))
}
