import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { startBroker } from './broker.ts'
import { comesTrue, prepareDaemon, worldTime } from './process.ts'
import { atMost, type Ground, holds, type Row, timely } from './row.ts'

const WATCHDOG_S = 5
const GRACE_S = 5
/** Long enough to see that a daemon that is well is left alone. */
const WELL_S = 12
/** The event loop never turns again. */
const HANG = "data:text/javascript,process.on('SIGUSR2',()=>{for(;;);})"

interface Receiver {
  bind(path: string): void
  on(event: 'message', listener: (message: Buffer) => void): void
  close(): void
}

export const T21: Row = {
  id: 'T21',
  title: `the event loop hangs, under a manager that does as systemd with WatchdogSec=${WATCHDOG_S}`,
  limit: 'READY again ≤ WatchdogSec + 5 s after the hang, left alone while well',
  // It is well and does not say so.
  mutation: { file: 'notify.js', find: "alive: () => send('WATCHDOG=1')", put: 'alive: () => {}' },
  async run(ground) {
    const manager = manage(ground)
    if (manager === null) return { notRun: 'needs the module unix-dgram, which is not installed' }
    await manager.start()
    if (!(await comesTrue(60_000, () => manager.readies() === 1))) throw new Error('it never said READY=1')
    await comesTrue(WELL_S * 1_000, () => manager.restarts() > 0)
    const restartedWell = manager.restarts()
    const hungMs = Date.now()
    manager.child().kill('SIGUSR2')
    const again = await comesTrue(60_000, () => manager.readies() > restartedWell + 1)
    return [
      atMost('restarted while well', restartedWell, 0),
      holds('restarted after the hang', again),
      timely('READY again after', (Date.now() - hungMs) / 1_000, WATCHDOG_S + GRACE_S),
    ]
  },
}

/** Starts the program as the unit does, kills it when it falls silent, and starts it again. */
const manage = ({ build, directory, later }: Ground) => {
  const socket = datagrams()
  if (socket === null) return null
  const path = join(directory, 'notify')
  socket.bind(path)
  later(() => socket.close())
  let child: ChildProcess
  let heardMs = Date.now()
  let readies = 0
  let restarts = 0
  socket.on('message', (message) => {
    const text = message.toString()
    if (/^READY=1$/m.test(text)) readies++
    if (/^(?:READY|WATCHDOG)=1$/m.test(text)) heardMs = Date.now()
  })
  const spawnIt = (config: string): void => {
    heardMs = Date.now()
    const env = {
      PATH: process.env['PATH'],
      NOTIFY_SOCKET: path,
      WATCHDOG_USEC: String(WATCHDOG_S * 1_000_000),
      NODE_OPTIONS: `--import ${HANG}`,
    }
    child = spawn(process.execPath, [join(build, 'src/main.js'), 'run', '--config', config], { env, stdio: 'ignore' })
  }
  later(() => void child?.kill('SIGKILL'))
  return {
    child: () => child,
    readies: () => readies,
    restarts: () => restarts,
    async start() {
      const broker = await startBroker()
      later(() => broker.down())
      prepareDaemon({ build, directory, broker: broker.port, time: worldTime(Date.now()) })
      const config = join(directory, 'varmesky.yaml')
      spawnIt(config)
      const watch = setInterval(async () => {
        // Until READY it is starting, which is another time-out.
        if (readies <= restarts || Date.now() - heardMs < WATCHDOG_S * 1_000) return
        restarts++
        const ended = once(child, 'exit')
        child.kill('SIGKILL')
        await ended
        spawnIt(config)
      }, 100)
      later(() => clearInterval(watch))
    },
  }
}

const datagrams = (): Receiver | null => {
  try {
    return (createRequire(import.meta.url)('unix-dgram') as { createSocket(type: 'unix_dgram'): Receiver }).createSocket('unix_dgram')
  } catch {
    return null
  }
}
