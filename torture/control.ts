import { createConnection } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Status {
  readonly outcomes: Readonly<Record<string, number>>
  readonly reasons: Readonly<Record<string, number>>
  readonly store: { readonly state: string; readonly salvage: object | null }
  readonly sinks: readonly { readonly connected: boolean; readonly live: number; readonly backlog: number }[]
  readonly clock: { readonly known: boolean; readonly provisional: { readonly held: number; readonly dated: number } }
}

/** What a running daemon tells on its control socket. */
export const askStatus = (path: string): Promise<Status> =>
  new Promise((answered, failed) => {
    const socket = createConnection({ path })
    let text = ''
    socket.setEncoding('utf8').on('error', failed)
    socket.on('data', (part) => {
      text += part
      if (!text.includes('\n')) return
      socket.destroy()
      answered(JSON.parse(text).result)
    })
    socket.write(`${JSON.stringify({ v: 1, id: 1, action: 'status' })}\n`)
  })

/** Asks until it is so; false if that does not come within so many milliseconds of the world. */
export const statusComes = async (path: string, withinMs: number, test: (status: Status) => boolean): Promise<boolean> => {
  const untilMs = Date.now() + withinMs
  while (!test(await askStatus(path))) {
    if (Date.now() > untilMs) return false
    await sleep(30)
  }
  return true
}

/** Telegrams that ended in one way or another. */
export const received = ({ outcomes }: Status): number => Object.values(outcomes).reduce((sum, n) => sum + n, 0)
