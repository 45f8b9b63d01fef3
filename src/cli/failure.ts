import { isControlError } from '../control/control-error.ts'
import type { ErrorCode } from '../control/protocol.ts'

/** What a command's exit status means, for scripts. */
export const EXIT = { ok: 0, failed: 1, usage: 2, refused: 3, unreachable: 4 } as const

/** The end of a command that could not be done: its message says what to try. */
export interface Failure extends Error {
  readonly exitStatus: number
}

export const failure = (kind: keyof typeof EXIT, message: string): Failure => Object.assign(new Error(message), { exitStatus: EXIT[kind] })

const isFailure = (error: unknown): error is Failure => error instanceof Error && 'exitStatus' in error

/** What the daemon's "no" means to whoever asked. */
const BY_CODE: Readonly<Record<ErrorCode, keyof typeof EXIT>> = {
  'bad-request': 'failed',
  version: 'failed',
  'unknown-action': 'failed',
  invalid: 'usage',
  refused: 'refused',
  failed: 'failed',
}

/** How a command ends that was ended by this. */
export const exitStatusOf = (error: unknown): number => {
  if (isFailure(error)) return error.exitStatus
  return EXIT[isControlError(error) ? BY_CODE[error.controlCode] : 'failed']
}
