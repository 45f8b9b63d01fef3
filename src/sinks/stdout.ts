import type { Writable } from 'node:stream'
import type { Sink } from './sink.ts'

/**
 * Every message as one line of JSON on standard output. A message is accepted when the operating system has taken it, so a
 * slow reader slows delivery down and a reader that is gone makes `send` reject.
 */
export const stdoutSink = (output: Writable = process.stdout): Sink => {
  let broken: Error | undefined
  // Heard for good: the error of a closed pipe that no one hears would end the process.
  output.on('error', (error) => {
    broken = error
  })
  const write = (lines: string): Promise<void> =>
    new Promise((resolve, reject) => output.write(lines, (error) => (error ? reject(explain(error)) : resolve())))

  return {
    name: 'stdout',
    async open() {
      if (broken) throw explain(broken)
    },
    async send(batch, signal) {
      await until(write(batch.map(({ body }) => `${body}\n`).join('')), signal)
      return { results: batch.map(() => 'accepted') }
    },
    async close() {},
  }
}

const explain = (cause: NodeJS.ErrnoException): Error =>
  cause.code === 'EPIPE'
    ? new Error('nobody reads standard output any more: keep the reading end of the pipe open, or set "stdout: false"', { cause })
    : new Error(`cannot write to standard output: ${cause.message}`, { cause })

const until = (work: Promise<void>, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
