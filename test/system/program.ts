import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

/** Somebody else than who runs the tests. */
export interface User {
  readonly uid: number
  readonly gid: number
  /** Besides the own one. */
  readonly groups?: readonly number[]
}

export interface Options {
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  readonly as?: User | undefined
}

export interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The program as a process. */
export interface Program {
  /** What others of this machine can see of it: arguments, and the environment, which its own user sees. */
  visible(): string
  type(text: string): void
  signal(name: NodeJS.Signals): void
  readonly ended: Promise<Ended>
}

/** Everything that any of them said or showed, for what must never be in it. */
export const seen: string[] = []

/** Starts `varmesky`, built, as a shell would. */
export const start = (args: readonly string[], { env = {}, as }: Omit<Options, 'input'> = {}): Program => {
  const [command, ...rest] = [...(as ? becoming(as) : []), process.execPath, MAIN, ...args]
  const child = spawn(command!, rest, { env: { PATH: process.env['PATH'], ...env } })
  const parts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) child[name].setEncoding('utf8').on('data', (text) => (parts[name] += text))
  const ended = new Promise<Ended>((resolve) => child.once('close', (status) => resolve({ status, ...parts })))
  ended.then(({ stdout, stderr }) => seen.push(stdout, stderr))
  return {
    visible: () => ['cmdline', 'environ'].map((name) => readFileSync(`/proc/${child.pid}/${name}`, 'latin1')).join('\n'),
    type: (text) => void child.stdin.end(text),
    signal: (name) => void child.kill(name),
    ended,
  }
}

/** Runs a command to its end. */
export const varmesky = ({ input = '', ...options }: Options, ...args: string[]): Promise<Ended> => {
  const program = start(args, options)
  program.type(input)
  return program.ended
}

const becoming = ({ uid, gid, groups = [] }: User): string[] => [
  'setpriv',
  ...['--reuid', String(uid), '--regid', String(gid)],
  ...(groups.length > 0 ? ['--groups', groups.join(',')] : ['--clear-groups']),
]

/** Whether the tests may run the program as other users, who may read it where it lies. */
export const canBeOthers = ((): boolean => {
  const [command, ...rest] = [...becoming({ uid: 4_999, gid: 4_999 }), process.execPath, MAIN, '--version']
  return process.getuid?.() === 0 && spawnSync(command!, rest).status === 0
})()
