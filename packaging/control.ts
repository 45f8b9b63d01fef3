import { createHash } from 'node:crypto'
import { chmodSync, copyFileSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Machine } from './machine.ts'

const SCRIPTS = ['postinst', 'prerm', 'postrm'] as const

/** Debian 12's C library, on which the native modules are compiled, or newer; and what the maintainer scripts call. */
const DEPENDS = 'libc6 (>= 2.36), libstdc++6 (>= 12), adduser, ca-certificates'

const control = (version: string, machine: Machine, kilobytes: number): string => `Package: varmesky
Version: ${version}
Architecture: ${machine.debian}
Maintainer: The Varmesky developers <varmesky@localhost>
Section: net
Priority: optional
Depends: ${DEPENDS}
Recommends: systemd (>= 250)
Installed-Size: ${kilobytes}
Description: open gateway for wireless heat meters
 Takes Wireless M-Bus telegrams from a radio receiver, decrypts and decodes
 them, keeps one reading per meter and day in SQLite, and forwards it over
 MQTT to the billing side of a district heating utility.
`

/** DEBIAN/: control, checksums, conffiles, maintainer scripts (Debian policy, chapters 5, 6 and 10.7). */
export const debianFiles = (root: string, version: string, machine: Machine): void => {
  const files = filesBelow(root)
  const directory = join(root, 'DEBIAN')
  mkdirSync(directory)
  const bytes = files.reduce((sum, file) => sum + lstatSync(file).size, 0)
  writeFileSync(join(directory, 'control'), control(version, machine, Math.ceil(bytes / 1024)))
  writeFileSync(join(directory, 'md5sums'), files.map((file) => `${md5(file)}  ${relative(root, file)}\n`).join(''))
  writeFileSync(join(directory, 'conffiles'), conffiles(files.map((file) => `/${relative(root, file)}`)))
  for (const script of SCRIPTS) {
    copyFileSync(new URL(`./debian/${script}`, import.meta.url), join(directory, script))
    chmodSync(join(directory, script), 0o755)
  }
}

const conffiles = (paths: readonly string[]): string =>
  paths
    .filter((path) => path.startsWith('/etc/'))
    .map((path) => `${path}\n`)
    .join('')

const md5 = (file: string): string => createHash('md5').update(readFileSync(file)).digest('hex')

/** Regular files, in a fixed order. */
const filesBelow = (directory: string): string[] =>
  readdirSync(directory, { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) =>
      entry.isDirectory() ? filesBelow(join(directory, entry.name)) : entry.isFile() ? [join(directory, entry.name)] : [],
    )
