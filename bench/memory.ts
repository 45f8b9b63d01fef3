/** What keys and telegrams take of the memory, each in a process of its own. */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { systemClock } from '../src/clock.ts'
import { openStore } from '../src/store/open.ts'
import { inChild } from './child.ts'
import type { Garbage } from './garbage.ts'
import type { RegisteredResult } from './registered.ts'

const here = (path: string): URL => new URL(path, import.meta.url)

/** Room for the garbage of all telegrams, and a collector to call before. */
const GARBAGE_FLAGS = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64']

export const benchGarbage = (): Promise<Garbage> => inChild(here('garbage.ts'), [], { execArgv: [...process.execArgv, ...GARBAGE_FLAGS] })

/** A store with so many meters, each with a key, opened by what users run. */
export async function benchRegistered(meters: number): Promise<RegisteredResult> {
  const directory = mkdtempSync(join(tmpdir(), 'varmesky-bench-'))
  try {
    const built = promisify(execFile)('npx', ['tsc', '-p', fileURLToPath(here('tsconfig.json'))])
    register(meters, directory)
    await built
    return await inChild(here('../.varmesky/bench/bench/registered.js'), [directory], { execArgv: [] })
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function register(count: number, directory: string): void {
  const store = openStore({ directory, kek: new Uint8Array(32), clock: systemClock() })
  store.meters.put(Array.from({ length: count }, (_, n) => ({ meter: `KAM-${10_000_000 + n}`, key: randomBytes(16) })))
  store.close()
}
