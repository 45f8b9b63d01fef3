/** The product as it is tortured: compiled into a directory of its own, and mutated there if that is asked for. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Mutation } from './row.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const HERE = join(ROOT, '.varmesky', 'torture')

/** Below the repository, so that the product finds its packages. */
export const workDirectory = (): string => join(HERE, String(process.pid))

export const buildProduct = (): string => {
  const build = join(workDirectory(), 'build')
  mkdirSync(build, { recursive: true })
  execFileSync(join(ROOT, 'node_modules/.bin/tsc'), ['-p', join(ROOT, 'torture/tsconfig.json'), '--outDir', build], { stdio: 'inherit' })
  cpSync(join(ROOT, 'package.json'), join(build, 'package.json'))
  // The fuzzer's telegrams are made of them.
  cpSync(join(ROOT, 'test/fixtures'), join(build, 'test/fixtures'), { recursive: true })
  return build
}

/** The mutated text. Throws where the product no longer says what it replaces: a mutation that does not fit proves nothing. */
export const applied = (build: string, { file, find, put }: Mutation): string => {
  const text = readFileSync(join(build, 'src', file), 'utf8')
  const changed = text.replace(find, () => put)
  if (changed === text) throw new Error(`the mutation no longer fits: ${file} does not contain ${JSON.stringify(find)}`)
  return changed
}

/** A copy of the build in which one text is another. */
export const mutated = (build: string, mutation: Mutation): string => {
  const changed = applied(build, mutation)
  const copy = `${build}-mutated`
  cpSync(build, copy, { recursive: true })
  writeFileSync(join(copy, 'src', mutation.file), changed)
  return copy
}
