import { createConnection } from 'node:net'
import { controlError } from './control-error.ts'
import { lineReader, MAX_LINE_BYTES, PROTOCOL_VERSION, type Request, type Response, responseSchema } from './protocol.ts'

/** The daemon did not answer: it is not running (`absent`), this user may not ask it (`forbidden`), or it fell silent. */
export interface Unreachable extends Error {
  readonly unreachable: 'absent' | 'forbidden' | 'silent'
}

export const isUnreachable = (error: unknown): error is Unreachable => error instanceof Error && 'unreachable' in error

const REASONS: Readonly<Record<string, Unreachable['unreachable']>> = {
  ENOENT: 'absent',
  ECONNREFUSED: 'absent',
  EACCES: 'forbidden',
  EPERM: 'forbidden',
}

/**
 * Asks the running daemon for one action and resolves with its result. Rejects with a `ControlError` where the daemon said
 * no, with an `Unreachable` where it could not be asked or the signal ended the wait.
 */
export const askDaemon = (path: string, action: string, args: unknown, signal: AbortSignal, by?: string): Promise<unknown> =>
  new Promise((answered, failed) => {
    const socket = createConnection({ path, signal })
    const end = (settle: () => void): void => {
      settle()
      socket.destroy()
    }
    const unreachable = (reason: Unreachable['unreachable']): void =>
      end(() => failed(Object.assign(new Error(`no answer from ${path}`), { unreachable: reason })))
    const answer = (line: string): void => {
      const response = parse(line)
      if (!response) unreachable('silent')
      else end(() => (response.ok ? answered(response.result) : failed(controlError(response.error.code, response.error.message))))
    }
    socket.on(
      'data',
      lineReader(MAX_LINE_BYTES, answer, () => unreachable('silent')),
    )
    socket.on('error', (error: NodeJS.ErrnoException) => unreachable(REASONS[error.code ?? ''] ?? 'silent'))
    socket.on('close', () => unreachable('silent'))
    socket.write(`${JSON.stringify({ v: PROTOCOL_VERSION, id: 1, action, args, ...(by !== undefined && { by }) } satisfies Request)}\n`)
  })

const parse = (line: string): Response | undefined => {
  try {
    return responseSchema.safeParse(JSON.parse(line)).data
  } catch {
    return undefined
  }
}
