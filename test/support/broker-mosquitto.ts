import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { freePort, isOpen } from './broker.ts'

const BINARY = ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto', '/usr/bin/mosquitto'].find((path) => existsSync(path))

const CONFIG = 'mosquitto.conf'

/** Tests against the real thing name themselves so, and are skipped where it is not installed. */
export const hasMosquitto = BINARY !== undefined
export const mosquittoTitle = hasMosquitto ? 'mosquitto' : 'mosquitto (skipped: not installed)'

export interface Mosquitto {
  readonly port: number
  /** kill -9, and up again on the same port. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export interface MosquittoSetup {
  readonly lines?: readonly string[]
  /** Files the lines name, by name: they lie where mosquitto starts. */
  readonly files?: Readonly<Record<string, string>>
}

/** A mosquitto on a free loopback port that lets everybody in unless its lines say otherwise. */
export const startMosquitto = async ({ lines = [], files = {} }: MosquittoSetup = {}): Promise<Mosquitto> => {
  const port = await freePort()
  const directory = await mkdtemp(join(tmpdir(), 'varmesky-mosquitto-'))
  const access = lines.some((line) => line.startsWith('allow_anonymous')) ? [] : ['allow_anonymous true']
  // Started by root it would become another user, who may not read the files of the test.
  const config = [`listener ${port} 127.0.0.1`, 'persistence false', 'log_type none', 'user root', ...access, ...lines, ''].join('\n')
  for (const [name, text] of Object.entries({ ...files, [CONFIG]: config })) await writeFile(join(directory, name), text, { mode: 0o600 })
  let child = await start(directory, port)
  const kill = (): Promise<unknown> => {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    return ended
  }
  return {
    port,
    async restart() {
      await kill()
      child = await start(directory, port)
    },
    async stop() {
      await kill()
      await rm(directory, { recursive: true })
    },
  }
}

const start = async (cwd: string, port: number): Promise<ChildProcess> => {
  const child = spawn(BINARY!, ['-c', CONFIG], { cwd, stdio: 'ignore' })
  while (!(await isOpen(port))) {
    if (child.exitCode !== null) throw new Error(`mosquitto ended with ${child.exitCode}: the port is taken, or the configuration is wrong`)
    await setTimeout(20)
  }
  return child
}
