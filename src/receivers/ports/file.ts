import { createReadStream } from 'node:fs'
import type { Port } from './port.ts'

const BUFFER = 4096

/** A file or named pipe, from its start to its end. */
export const filePort = (path: string): Port => ({
  open({ opened, data, closed }) {
    const stream = createReadStream(path, { highWaterMark: BUFFER })
    const ended = new Promise<void>((resolve) => stream.once('close', () => resolve()))
    let over = false
    stream.once('open', () => over || opened())
    stream.on('data', (bytes) => over || data(bytes as Buffer))
    stream.once('end', () => over || closed(null))
    stream.once('error', (error) => over || closed(`cannot be read: ${error.message}`))
    return {
      write() {},
      close() {
        over = true
        stream.destroy()
        return ended
      },
    }
  },
})
