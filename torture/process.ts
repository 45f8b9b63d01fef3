import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Order, Word } from './inside/orders.ts'
import type { Time } from './inside/steered-clock.ts'
import type { Stock } from './inside/stock.ts'

export interface DaemonSetup {
  readonly build: string
  /** Everything of it lies there. */
  readonly directory: string
  /** Of a broker on loopback. */
  readonly broker: number
  /** PEM file of the authority that vouches for it; without, there is no TLS. */
  readonly ca?: string
  /** Of a source of hex lines on loopback, or a device. */
  readonly receiver?: { readonly use: 'hex' | 'im871a'; readonly at: string }
  readonly state?: string
  readonly time: Time
  /** A file that is there once the clock is right. */
  readonly trust?: string
  /** Receivers and sinks live by the world's time, however fast the days are. */
  readonly patient?: boolean
}

/** The product in a process of its own. */
export interface Daemon {
  readonly state: string
  /** Its control socket. */
  readonly socket: string
  /** Starts it; resolves at once. */
  start(): void
  /** Resolves when it runs; rejects if it ends before. */
  ready(): Promise<void>
  /** kill -9. */
  kill(): Promise<void>
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>
  isAlive(): boolean
  order(order: Order): void
  /** Sets time and its pace from now on, also for later starts. */
  steer(change: { readonly rate?: number; readonly utcMs?: number }): void
  utcMs(): number
  keyless(meters: readonly string[]): Promise<number>
  journal(): ReadonlySet<string>
  log(): string
  /** MB, and number of open files. */
  rssMB(): number
  files(): number
}

/** The files of a daemon that has not started yet. */
export const prepareDaemon = (setup: DaemonSetup): Daemon => {
  const files = place(setup)
  let { time } = setup
  let child: ChildProcess | undefined
  let isReady: Promise<void> = Promise.reject(new Error('it was never started'))
  isReady.catch(() => {})
  let keyless: (count: number) => void = () => {}

  const start = (): void => {
    const log = openSync(files.log, 'a')
    // As the unit starts it.
    const args = [
      '--max-old-space-size=96',
      '--optimize-for-size',
      '--max-semi-space-size=2',
      join(setup.build, 'torture/inside/daemon.js'),
    ]
    const started = spawn(process.execPath, [...args, files.config, files.journal, JSON.stringify(time), setup.patient ? 'patient' : ''], {
      stdio: ['pipe', 'pipe', log],
      env: { ...process.env, MALLOC_ARENA_MAX: '2' },
    })
    child = started
    started.stdin!.on('error', () => {})
    isReady = new Promise((ready, ended) => {
      createInterface({ input: started.stdout! }).on('line', (line) => {
        const word: Word = JSON.parse(line)
        if (word.word === 'ready') ready()
        else keyless(word.count)
      })
      started.once('exit', (code, signal) => ended(new Error(`the daemon ended (${code ?? signal}): ${tail(files.log)}`)))
    })
    isReady.catch(() => {})
  }
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (!isAlive()) return child?.exitCode ?? null
    const exit = once(child!, 'exit')
    child!.kill(signal)
    return (await exit)[0]
  }
  const isAlive = (): boolean => child !== undefined && child.exitCode === null && child.signalCode === null
  const order = (given: Order): void => void child?.stdin?.write(`${JSON.stringify(given)}\n`)
  const utcMs = (): number => time.utcMs + (Date.now() - time.worldMs) * time.rate
  return {
    state: files.state,
    socket: join(setup.directory, 'run', 'control.sock'),
    start,
    ready: () => isReady,
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
    isAlive,
    order,
    steer(change) {
      time = { rate: change.rate ?? time.rate, utcMs: change.utcMs ?? utcMs(), worldMs: Date.now() }
      order({ order: 'steer', time })
    },
    utcMs,
    keyless(meters) {
      const answer = new Promise<number>((resolve) => (keyless = resolve))
      order({ order: 'keyless', meters })
      return answer
    },
    journal: () => new Set(existsSync(files.journal) ? readFileSync(files.journal, 'utf8').split('\n').slice(0, -1) : []),
    log: () => readFileSync(files.log, 'utf8'),
    rssMB: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child!.pid}/status`, 'utf8'))![1]) / 1024,
    files: () => readdirSync(`/proc/${child!.pid}/fd`).length,
  }
}

const place = ({ directory, broker, ca, trust, receiver, state = join(directory, 'state') }: DaemonSetup) => {
  const files = {
    state,
    config: join(directory, 'varmesky.yaml'),
    journal: join(directory, 'journal'),
    log: join(directory, 'log'),
  }
  mkdirSync(join(directory, 'run'), { recursive: true })
  const kek = join(directory, 'kek')
  if (!existsSync(kek)) writeFileSync(kek, `${'5a'.repeat(32)}\n`, { mode: 0o600 })
  const config = {
    gateway: 'tortured',
    stateDirectory: state,
    runtimeDirectory: join(directory, 'run'),
    kekFile: kek,
    ...(trust && { clock: { trust } }),
    receivers: receiver ? [{ name: 'mast', ...receiver }] : [],
    mqtt: ca ? { url: `mqtts://127.0.0.1:${broker}`, ca } : { url: `mqtt://127.0.0.1:${broker}` },
  }
  // JSON is YAML.
  writeFileSync(files.config, JSON.stringify(config))
  writeFileSync(files.log, '', { flag: 'a' })
  return files
}

const tail = (file: string): string => readFileSync(file, 'utf8').slice(-600)

/** Fills the state of a daemon that has not started. */
export const stockUp = (build: string, directory: string, stock: Omit<Stock, 'directory' | 'kekFile'>, state?: string): void => {
  mkdirSync(directory, { recursive: true })
  const kekFile = join(directory, 'kek')
  if (!existsSync(kekFile)) writeFileSync(kekFile, `${'5a'.repeat(32)}\n`, { mode: 0o600 })
  const job: Stock = { directory: state ?? join(directory, 'state'), kekFile, ...stock }
  const { status, stderr } = spawnSync(process.execPath, [join(build, 'torture/inside/stock.js'), JSON.stringify(job)], {
    encoding: 'utf8',
  })
  const rows = stock.days.reduce((sum, { count }) => sum + count, 0)
  // The daemon notes what comes after these.
  if (rows > 0) writeFileSync(join(directory, 'journal'), `stocked ${rows}\n`)
  if (status !== 0) throw new Error(`the state could not be filled: ${stderr}`)
}

/** Waits; false if it does not come true within so many milliseconds of the world. A test that takes long is asked less often. */
export const comesTrue = async (withinMs: number, test: () => boolean): Promise<boolean> => {
  const untilMs = Date.now() + withinMs
  for (;;) {
    const askedMs = Date.now()
    if (test()) return true
    if (Date.now() > untilMs) return false
    await sleep(20 + 3 * (Date.now() - askedMs))
  }
}

export const worldTime = (utcMs: number, rate = 1): Time => ({ rate, utcMs, worldMs: Date.now() })
