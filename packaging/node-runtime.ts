import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Machine } from './machine.ts'
import { run } from './run.ts'

const PINNED = JSON.parse(readFileSync(new URL('./node.json', import.meta.url), 'utf8')) as {
  version: string
  integrity: Record<Machine['node'], string>
}

/**
 * The Node the package brings: the registry's `node-linux-…` of the pinned version, with the headers its native modules are
 * compiled against. Fetched once, believed only with the pinned checksum. Returns its directory.
 */
export const nodeRuntime = (machine: Machine, cache: string): string => {
  const name = `node-linux-${machine.node}`
  const directory = join(cache, `${name}-${PINNED.version}`)
  if (existsSync(join(directory, 'bin/node'))) return directory
  mkdirSync(directory, { recursive: true })
  run('npm', ['pack', '--silent', '--pack-destination', cache, `${name}@${PINNED.version}`])
  const archive = join(cache, `${name}-${PINNED.version}.tgz`)
  const integrity = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`
  if (integrity !== PINNED.integrity[machine.node])
    throw new Error(
      `${archive} is not what packaging/node.json names: ${integrity}. Delete it and try again; if it stays so, do not use it.`,
    )
  run('tar', ['-xzf', archive, '-C', directory, '--strip-components=1'])
  return directory
}
