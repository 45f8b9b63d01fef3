import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Compiles what `support/compiled.ts` starts into a directory of this run, below the repository so that it finds its packages. */
export const setup = ({ provide }: TestProject): (() => void) => {
  const directory = join(ROOT, '.varmesky', 'test', String(process.pid))
  mkdirSync(directory, { recursive: true })
  execFileSync(join(ROOT, 'node_modules/.bin/tsc'), ['-p', join(ROOT, 'test/tsconfig.json'), '--outDir', directory], { stdio: 'inherit' })
  // What the program reads of its package.
  for (const name of ['package.json', 'config', 'systemd']) symlinkSync(join(ROOT, name), join(directory, name))
  provide('compiled', directory)
  return () => rmSync(directory, { recursive: true })
}
