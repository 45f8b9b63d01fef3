import { spawn } from 'node:child_process'
import { PassThrough } from 'node:stream'
import { describe, expect, it, vi } from 'vitest'
import { stdoutSink } from '../../src/sinks/stdout.ts'
import { reading, readings } from '../support/broker-messages.ts'
import { compiled } from '../support/compiled.ts'

const never = new AbortController().signal

describe('standard output', () => {
  it('gets every message as a line of its own, as stored', async () => {
    const output = new PassThrough()
    const sink = stdoutSink(output)
    await sink.open(never)
    expect(await sink.send(readings(3), never)).toEqual({ results: ['accepted', 'accepted', 'accepted'] })
    expect(String(output.read())).toBe(`${reading(1).body}\n${reading(2).body}\n${reading(3).body}\n`)
  })

  it('that is not read has the sink wait, until the signal aborts', async () => {
    const sink = stdoutSink(new PassThrough({ highWaterMark: 1 }))
    await sink.open(never)
    const abort = new AbortController()
    const first = await Promise.race([sink.send([reading(1)], never), Promise.resolve('waiting')])
    expect(first).toBe('waiting')
    const sending = sink.send([reading(2)], abort.signal)
    abort.abort(new Error('enough'))
    await expect(sending).rejects.toThrow('enough')
  })

  it('that is not read does not stop the process', async () => {
    const { child, said, ended } = start()
    await vi.waitFor(() => expect(said()).toBe('alive\n'), 10_000)
    child.stdout.resume()
    await ended
    expect(said()).toBe('alive\naccepted\nopen\n')
  })

  it('whose reader is gone makes send and open reject, and the process lives on', async () => {
    const { child, said, ended } = start()
    child.stdout.destroy()
    await ended
    expect(
      said()
        .replaceAll(/any more.*/g, 'any more')
        .split('\n')
        .sort(),
    ).toEqual(['', ...GONE, 'alive'])
  })
})

const GONE = Array(2).fill('Error: nobody reads standard output any more')

const start = () => {
  const child = spawn(process.execPath, [compiled(new URL('stdout-child.ts', import.meta.url))])
  const heard: Buffer[] = []
  child.stderr.on('data', (bytes) => heard.push(bytes))
  const ended = new Promise<void>((resolve, reject) => {
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`ended with ${code}: ${Buffer.concat(heard)}`))))
  })
  return { child, said: () => Buffer.concat(heard).toString(), ended }
}
