/** Lists of keys that name no meters, as the daemon is asked to try them. */
import { z } from 'zod'
import { controlError } from '../control/control-error.ts'
import { keyHex, METER } from '../control/meter-entry.ts'
import { MOST_KEYS } from '../keys/key-list.ts'
import type { KeyTrial, TrialState } from '../keys/trial.ts'

const trySchema = z.strictObject({ keys: z.array(keyHex).min(1).max(MOST_KEYS) })
const acceptSchema = z.strictObject({ meters: z.union([z.literal('all'), z.array(z.string().regex(METER)).min(1)]) })

/** What is wrong with arguments is told without them: they hold keys. */
function checked<Args extends z.ZodType>(schema: Args, args: unknown, wanted: string): z.output<Args> {
  const found = schema.safeParse(args)
  if (found.success) return found.data
  throw controlError('invalid', `${wanted} is wanted`)
}

export function keyActions(trial: KeyTrial) {
  return {
    'keys.try'(args: unknown, by: string): TrialState {
      trial.take(checked(trySchema, args, `a list of up to ${MOST_KEYS} keys of 32 hexadecimal digits`).keys, by)
      return trial.state()
    },
    'keys.tried': () => trial.state(),
    'keys.stop'(): TrialState {
      trial.stop()
      return trial.state()
    },
    'keys.accept': (args: unknown) => ({ registered: trial.accept(checked(acceptSchema, args, '"all" or names of meters').meters) }),
  }
}
