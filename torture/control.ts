import { createConnection } from 'node:net'

interface Status {
  readonly outcomes: Readonly<Record<string, number>>
  readonly reasons: Readonly<Record<string, number>>
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
