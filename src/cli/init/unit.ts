/** The unit's drop-ins on disk, and how exposed it is with them. */
import { spawnSync } from 'node:child_process'
import { lookup } from 'node:dns/promises'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../../config.ts'
import { say } from '../output.ts'
import { dropInsOf, isMadeByInit } from './drop-ins.ts'

const UNIT = 'varmesky.service'
const PACKAGED = new URL(`../../../systemd/${UNIT}`, import.meta.url).pathname

/** Writes what the configuration needs into `<units>/varmesky.service.d`, and takes away what `init` made and nobody needs now. */
export async function writeDropIns(config: Config, units: string): Promise<void> {
  const directory = join(units, `${UNIT}.d`)
  const { dropIns, unknown } = await dropInsOf(config, addressesOf, nameServers())
  const before = existsSync(directory) ? readdirSync(directory).filter((file) => isOurs(join(directory, file))) : []
  for (const file of before.filter((file) => !dropIns.some((dropIn) => dropIn.file === file))) {
    rmSync(join(directory, file))
    say(`gone  ${join(directory, file)}`)
  }
  for (const { file, text } of dropIns) {
    const path = join(directory, file)
    const there = existsSync(path) ? readFileSync(path, 'utf8') : null
    if (there === text) say(`kept  ${path}`)
    else {
      mkdirSync(directory, { recursive: true, mode: 0o755 })
      writeFileSync(path, text, { mode: 0o644 })
      say(`made  ${path}`)
    }
  }
  for (const host of unknown) say(`note: the address of ${host} cannot be found now, and the unit may not speak to it: run init again`)
  const score = exposure(directory)
  if (score !== null) say(`exposure of the unit as it is now (systemd-analyze security): ${score}`)
}

const isOurs = (path: string): boolean => path.endsWith('.conf') && isMadeByInit(readFileSync(path, 'utf8'))

const addressesOf = (host: string): Promise<readonly string[]> =>
  lookup(host, { all: true }).then(
    (found) => found.map(({ address }) => address),
    () => [],
  )

const nameServers = (): readonly string[] => {
  try {
    return [...readFileSync('/etc/resolv.conf', 'utf8').matchAll(/^nameserver\s+(\S+)/gm)].map(([, address]) =>
      address!.replace(/%.*$/, ''),
    )
  } catch {
    return []
  }
}

/** `1.2`, lower is better; null where it cannot be told here. */
export function exposure(dropIns: string): string | null {
  const directory = mkdtempSync(join(tmpdir(), 'varmesky-unit-'))
  try {
    cpSync(PACKAGED, join(directory, UNIT))
    if (existsSync(dropIns)) cpSync(dropIns, join(directory, `${UNIT}.d`), { recursive: true })
    const env = { ...process.env, SYSTEMD_UNIT_PATH: directory, LC_ALL: 'C.UTF-8' }
    const { stdout } = spawnSync('systemd-analyze', ['security', '--offline=true', '--no-pager', UNIT], { env, encoding: 'utf8' })
    return /exposure level for \S+ (\d+\.\d)/.exec(stdout ?? '')?.[1] ?? null
  } finally {
    rmSync(directory, { recursive: true })
  }
}
