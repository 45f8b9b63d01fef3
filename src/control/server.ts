import { accessSync, chmodSync, constants, existsSync, lstatSync, unlinkSync } from 'node:fs'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { dirname } from 'node:path'
import type { Log } from '../log.ts'
import { controlError, isControlError } from './control-error.ts'
import { lineReader, MAX_LINE_BYTES, PROTOCOL_VERSION, type Response, requestSchema } from './protocol.ts'

/**
 * What can be asked for, by name. Takes the arguments as they came and who says to ask; a thrown `ControlError` is the answer
 * "no, because".
 */
export type ControlActions = Readonly<Record<string, (args: unknown, by: string) => unknown>>

/** Of one that does not say who it is. */
const SOMEBODY = 'unknown'

export interface ControlOptions {
  /** Of the socket: see `socketPath`. */
  readonly path: string
  readonly actions: ControlActions
  readonly log: Log
}

export interface Control {
  /** Ends every connection and removes the socket. */
  close(): Promise<void>
}

const MAX_CONNECTIONS = 16

/**
 * Listens on a Unix socket that its owner and group may use (0660) and does one action at a time, in order of arrival.
 * Rejects where the socket cannot be made, or another daemon answers on it.
 */
export const startControl = async ({ path, actions, log }: ControlOptions): Promise<Control> => {
  await removeStale(path)
  const connections = new Set<Socket>()
  let queue: Promise<void> = Promise.resolve()
  const server = createServer((socket) => {
    connections.add(socket)
    socket.on('close', () => connections.delete(socket))
    // A client that went away is no trouble of the daemon's.
    socket.on('error', () => socket.destroy())
    const answer = (line: string): void => {
      queue = queue.then(async () => reply(socket, await perform(line, actions, log)))
    }
    const refuse = (): void => {
      reply(socket, failure(null, controlError('bad-request', `a request is at most ${MAX_LINE_BYTES} bytes`)))
      socket.destroySoon()
    }
    socket.on('data', lineReader(MAX_LINE_BYTES, answer, refuse))
  })
  server.maxConnections = MAX_CONNECTIONS
  await listen(server, path)
  chmodSync(path, 0o660)
  return {
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        for (const socket of connections) socket.destroy()
      }),
  }
}

const reply = (socket: Socket, response: Response): void => {
  if (socket.writable) socket.write(`${JSON.stringify(response)}\n`)
}

const failure = (
  id: number | null,
  { controlCode, message }: { controlCode: Extract<Response, { ok: false }>['error']['code']; message: string },
): Response => ({
  id,
  ok: false,
  error: { code: controlCode, message },
})

/** Arguments may hold keys: neither they nor the line they came in are ever logged. */
const perform = async (line: string, actions: ControlActions, log: Log): Promise<Response> => {
  const request = parse(line)
  if ('error' in request) return failure(null, request.error)
  const { id, action, args, by = SOMEBODY } = request
  if (!Object.hasOwn(actions, action))
    return failure(id, controlError('unknown-action', `this daemon knows no action${nameOf(action)}: restart it after an upgrade`))
  try {
    return { id, ok: true, result: (await actions[action]!(args, by)) ?? null }
  } catch (error) {
    if (isControlError(error)) return failure(id, error)
    log.error({ action, err: error }, 'a control action failed')
    return failure(id, controlError('failed', error instanceof Error ? error.message : 'unknown error'))
  }
}

/** Only what looks like one is repeated: whoever mixes up action and arguments may have put a key there. */
const nameOf = (action: string): string => (/^[a-z][A-Za-z.]{0,30}$/.test(action) ? ` "${action}"` : '')

const parse = (line: string) => {
  let json: unknown
  try {
    json = JSON.parse(line)
  } catch {
    return { error: controlError('bad-request', 'a request is one JSON object on one line') }
  }
  const request = requestSchema.safeParse(json)
  if (request.success) return request.data
  if (request.error.issues.some((issue) => issue.path[0] === 'v'))
    return { error: controlError('version', `this daemon speaks control protocol ${PROTOCOL_VERSION}: restart it after an upgrade`) }
  return { error: controlError('bad-request', 'a request has v, id, action and args') }
}

/** A daemon that was killed leaves its socket behind; one that is alive answers on it. */
const removeStale = async (path: string): Promise<void> => {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (!found) return
  if (!found.isSocket()) throw new Error(`${path} is not a socket: move it away, the control socket belongs there`)
  const alive = await new Promise<boolean>((tell) => {
    const probe = createConnection(path, () => tell(true)).on('error', () => tell(false))
    probe.on('connect', () => probe.destroy())
  })
  if (alive) throw new Error(`another daemon answers on ${path}: stop it first`)
  unlinkSync(path)
}

/** Longer ones would be cut by the system, and the socket made in another place. */
const MAX_PATH_BYTES = 107

const listen = async (server: Server, path: string): Promise<void> => {
  const trouble = pathTrouble(path)
  if (trouble) throw new Error(`cannot listen on ${path}: ${trouble}, or set runtimeDirectory in the configuration`)
  await new Promise<void>((listening, failed) => {
    server.once('error', (error) => failed(new Error(`cannot listen on ${path}: ${error.message}`)))
    server.listen(path, listening)
  })
}

const pathTrouble = (path: string): string | undefined => {
  const directory = dirname(path)
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return `a Unix socket's path has at most ${MAX_PATH_BYTES} bytes: use a shorter one`
  if (!existsSync(directory)) return 'its directory does not exist: systemd makes it (RuntimeDirectory=varmesky)'
  try {
    accessSync(directory, constants.W_OK | constants.X_OK)
    return undefined
  } catch {
    return 'this user may not write there: run the daemon as its service user'
  }
}
