import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { compiled } from './support/compiled.ts'

const DEMO = new URL('../demo/main.ts', import.meta.url)
/** As `npm run demo` starts it. */
const asScript = (): readonly string[] => ['--import', 'tsx', fileURLToPath(DEMO)]

/** The demo in a process group of its own, and everything it says. */
interface Run {
  readonly child: ChildProcess
  readonly ended: Promise<number | null>
  said(): string
}

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'demo-test-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

function run(demo: readonly string[]): Run {
  const env = { ...process.env, TMPDIR: directory }
  const child = spawn(process.execPath, [...demo, '--fast'], { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text))
  return { child, ended: new Promise((resolve) => child.once('close', resolve)), said: () => said }
}

/** What is left in its temporary directory, but for what tsx has compiled. */
const left = (): string[] => readdirSync(directory).filter((name) => !name.startsWith('tsx-'))

/** Processes of its group. The dead that nobody has fetched yet are none. */
const alive = ({ child }: Run): string[] =>
  readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => {
      const [, name = '', state, group] = /\((.*)\) (\S) \d+ (\d+)/.exec(statOf(pid)) ?? []
      return group === String(child.pid) && state !== 'Z' ? name : []
    })

function statOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return ''
  }
}

it('shows four days of right readings and ends by itself, leaving nothing behind', { timeout: 60_000 }, async () => {
  const demo = run(asScript())
  expect(await demo.ended, demo.said()).toBe(0)
  expect(demo.said().match(/ (?:boundary|early) +[+−][\d:]+ {2}[0-9a-f]{12}$/gm)).toHaveLength(29)
  expect(demo.said()).toContain('29 readings, every digit as the meters showed it: 26 boundary, 3 early')
  expect(demo.said().match(/no reading/g)).toHaveLength(7)
  expect(demo.said()).not.toContain('\x1b')
  expect(left()).toEqual([])
  // The helper of tsx ends by itself once it is alone.
  await vi.waitFor(() => expect(alive(demo)).toEqual([]))
})

const MOMENTS: readonly (readonly [string, (demo: Run) => boolean])[] = [
  ['while it is set up', () => left().length > 0],
  ['in the middle', (demo) => demo.said().includes('boundary')],
]

it.each(MOMENTS)('leaves nothing behind when it is interrupted %s', { timeout: 60_000 }, async (_, hasCome) => {
  const demo = run([compiled(DEMO)])
  await vi.waitUntil(() => hasCome(demo), { timeout: 40_000, interval: 5 })
  demo.child.kill('SIGINT')
  expect(await demo.ended, demo.said()).toBe(130)
  expect(demo.said()).toContain('interrupted')
  expect(left()).toEqual([])
  await vi.waitFor(() => expect(alive(demo)).toEqual([]))
})
