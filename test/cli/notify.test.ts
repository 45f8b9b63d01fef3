import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import { keepTelling, type Notifier, systemdNotifier } from '../../src/notify.ts'
import { program } from '../support/compiled.ts'
import { trial } from './cli.ts'

interface Listener {
  bind(path: string): void
  on(event: 'message', listener: (message: Buffer) => void): void
  close(): void
}
const { createSocket } = createRequire(import.meta.url)('unix-dgram') as {
  createSocket(type: 'unix_dgram', listener: (message: Buffer) => void): Listener
}

const box = trial()
const undo: (() => void)[] = []
afterEach(() => {
  for (const step of undo.splice(0)) step()
})

/** A service manager's end of the line: what it was told. */
function manager(): { readonly path: string; readonly said: string[] } {
  const said: string[] = []
  const path = join(box.directory, 'notify.sock')
  const socket = createSocket('unix_dgram', (message) => void said.push(String(message)))
  socket.bind(path)
  undo.push(() => socket.close())
  return { path, said }
}

test('the daemon says when it is ready, how it does, that it lives, and that it stops', { timeout: 60_000 }, async () => {
  const { path, said } = manager()
  const env = { ...process.env, NOTIFY_SOCKET: path, WATCHDOG_USEC: '300000' }
  const daemon = spawn(process.execPath, [program(), '--config', box.file, 'run'], { env, stdio: 'ignore' })
  undo.push(() => daemon.kill('SIGKILL'))
  const beats = () => said.filter((text) => text === 'WATCHDOG=1').length
  await vi.waitUntil(() => beats() >= 3, { timeout: 40_000 })
  expect(said[0]).toBe('READY=1')
  expect(said).toContain('STATUS=0 of 0 receivers; 0 of 0 meters heard today')
  daemon.kill('SIGSTOP')
  await new Promise((done) => setTimeout(done, 300))
  const before = beats()
  await new Promise((done) => setTimeout(done, 1000))
  expect(beats()).toBe(before)
  daemon.kill('SIGCONT')
  const ended = new Promise((done) => daemon.once('exit', done))
  daemon.kill('SIGTERM')
  expect(await ended).toBe(0)
  await vi.waitUntil(() => said.includes('STOPPING=1'))
})

test('nothing is told where no systemd listens', () => {
  expect(systemdNotifier({}, silentLog)).toBeNull()
})

test('a watchdog of another process is not fed', () => {
  const { path } = manager()
  const notifier = systemdNotifier({ NOTIFY_SOCKET: path, WATCHDOG_USEC: '1000000', WATCHDOG_PID: '1' }, silentLog)!
  undo.push(() => notifier.close())
  expect(notifier.watchdogMs).toBeNull()
})

test('a part that cannot say how it does lets the watchdog starve, until it can', () => {
  const clock = manualClock(null)
  const said: string[] = []
  const notifier: Notifier = {
    ready() {},
    stopping() {},
    close() {},
    status: (text) => void said.push(text),
    reloading() {},
    alive: () => void said.push('alive'),
    watchdogMs: 60_000,
  }
  let broken = false
  const hush = keepTelling(notifier, clock, silentLog, () => {
    if (broken) throw new Error('the store does not answer')
    return 'well'
  })
  broken = true
  clock.advance(60_000)
  expect(said).toEqual(['well', 'alive'])
  broken = false
  clock.advance(20_000)
  hush()
  clock.advance(60_000)
  expect(said).toEqual(['well', 'alive', 'well', 'alive'])
})
