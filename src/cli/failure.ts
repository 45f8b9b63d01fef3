/** What a command's exit status means, for scripts. */
export const EXIT = { ok: 0, failed: 1, usage: 2, refused: 3, unreachable: 4 } as const

/** The end of a command that could not be done: its message says what to try. */
export interface Failure extends Error {
  readonly exitStatus: number
}

export const failure = (kind: keyof typeof EXIT, message: string): Failure => Object.assign(new Error(message), { exitStatus: EXIT[kind] })

export const isFailure = (error: unknown): error is Failure => error instanceof Error && 'exitStatus' in error
