import { z } from 'zod'
import type { Receiver } from '../receivers/receiver.ts'
import { checked } from './checked.ts'
import { controlError } from './control-error.ts'

const argsSchema = z.strictObject({ receiver: z.string() })

/** The control action `receivers.reset`. */
export const resetAction =
  (receivers: readonly Receiver[]) =>
  (args: unknown): { readonly reset: string } => {
    const { receiver: name } = checked(argsSchema, args)
    const receiver = receivers.find((other) => other.name === name)
    if (!receiver)
      throw controlError(
        'refused',
        `there is no receiver ${name}: ${receivers.map((other) => other.name).join(', ') || 'none is configured'}`,
      )
    if (receiver.reset?.() === true) return { reset: name }
    throw controlError(
      'refused',
      `${name} is ${receiver.health().state}, and is opened anew by itself: ${receiver.health().trouble ?? 'wait a moment'}`,
    )
  }
