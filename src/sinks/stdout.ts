import type { Writable } from 'node:stream'
import type { Sink } from './sink.ts'

/**
 * Every message as one line of JSON on standard output. A message is accepted when the operating system has taken it, so a
 * slow reader slows delivery down and a reader that is gone makes `send` reject.
 */
export const stdoutSink = (output: Writable = process.stdout): Sink => {
  // A write to a closed pipe is answered to the writer; the same error as an event nobody hears would end the process.
  output.on('error', () => {})
  const write = (lines: string): Promise<void> =>
    new Promise((resolve, reject) => output.write(lines, (error) => (error ? reject(explain(error)) : resolve())))

  return {
    name: 'stdout',
    async open() {
      if (!output.writable) throw explain(output.errored)
    },
    async send(batch, signal) {
      await until(write(batch.map(({ body }) => `${body}\n`).join('')), signal)
      return { results: batch.map(() => 'accepted') }
    },
    async close() {},
  }
}

const explain = (cause: Error | null): Error =>
  new Error('nobody reads standard output any more: keep the reading end of the pipe open, or set "stdout: false"', { cause })

const until = (work: Promise<void>, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
