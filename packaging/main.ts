/**
 * `npm run deb [-- --version V]`: makes varmesky_<version>_<arch>.deb in build/. It brings its own Node and its compiled
 * modules, so that the target needs neither a compiler nor another source than Debian's.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { VERSION } from '../src/version.ts'
import { debianFiles } from './control.ts'
import { thisMachine } from './machine.ts'
import { nodeRuntime } from './node-runtime.ts'
import { run } from './run.ts'
import { stage } from './stage.ts'

const { values } = parseArgs({ options: { version: { type: 'string', default: VERSION } } })
const machine = thisMachine()
const out = new URL('../build/', import.meta.url).pathname
mkdirSync(out, { recursive: true })
const root = mkdtempSync(join(out, 'root-'))
try {
  await stage(root, nodeRuntime(machine, out))
  debianFiles(root, values.version, machine)
  const file = join(out, `varmesky_${values.version}_${machine.debian}.deb`)
  run('dpkg-deb', ['--root-owner-group', '-Zxz', '--build', root, file], { env: { ...process.env, SOURCE_DATE_EPOCH: lastCommit() } })
  console.log(file)
} finally {
  rmSync(root, { recursive: true, force: true })
}

/** Seconds of the newest commit: the same commit gives the same package. */
function lastCommit(): string {
  return run('git', ['log', '-1', '--format=%ct'], { cwd: new URL('..', import.meta.url).pathname }).trim()
}
