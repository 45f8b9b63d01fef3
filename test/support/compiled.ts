/** Sources that tests start in processes of their own, compiled once for all (`test/compile.ts`): through tsx each start takes seconds. */
import { spawn } from 'node:child_process'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inject, onTestFinished } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** The directory in which everything lies compiled, as it lies in the repository. */
    compiled: string
  }
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Where a source file lies compiled. `test/tsconfig.json` must name it, or something that imports it. */
export const compiled = (source: URL): string => join(inject('compiled'), relative(ROOT, fileURLToPath(source)).replace(/\.ts$/, '.js'))

/** The program. */
export const program = (): string => compiled(new URL('../../src/main.ts', import.meta.url))

/** Runs a script in a process of its own. */
export const runScript = (script: URL, ...args: string[]) => {
  const child = spawn(process.execPath, [compiled(script), ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}
