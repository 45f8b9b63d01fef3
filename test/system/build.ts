import { execFileSync } from 'node:child_process'

/** What users run is `dist/`: it is built from the sources under test first. So is the daemon of these tests, which starts faster then. */
export const setup = (): void => {
  for (const project of ['tsconfig.json', 'test/system/tsconfig.json']) execFileSync('npx', ['tsc', '-p', project], { stdio: 'inherit' })
}
