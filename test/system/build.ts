import { execFileSync } from 'node:child_process'

/** Set once it was done: the projects of one run share this process. */
const DONE = 'VARMESKY_SYSTEM_BUILT'

/** What users run is `dist/`: it is built from the sources under test first. So is the daemon of these tests, which starts faster then. */
export const setup = (): void => {
  if (process.env[DONE] !== undefined) return
  process.env[DONE] = '1'
  for (const project of ['tsconfig.json', 'test/system/tsconfig.json']) execFileSync('npx', ['tsc', '-p', project], { stdio: 'inherit' })
}
