import type { ErrorCode } from './protocol.ts'

/** An action that was not done, and why: its message is for people and travels as it is. */
export interface ControlError extends Error {
  readonly controlCode: ErrorCode
}

export const controlError = (controlCode: ErrorCode, message: string): ControlError => Object.assign(new Error(message), { controlCode })

export const isControlError = (error: unknown): error is ControlError => error instanceof Error && 'controlCode' in error
