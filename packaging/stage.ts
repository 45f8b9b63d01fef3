import { createHash } from 'node:crypto'
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { manPage } from '../src/cli/completion/man-page.ts'
import { SHELLS } from '../src/cli/completion/shells.ts'
import { treeOf } from '../src/cli/completion/tree.ts'
import { buildProgram } from '../src/cli/program.ts'
import { RELEASED } from '../src/released.ts'
import { VERSION } from '../src/version.ts'
import { run } from './run.ts'

/** Where the program lives on the target. */
const HOME = 'usr/lib/varmesky'

const here = (path: string): string => new URL(`../${path}`, import.meta.url).pathname

/** From the repository to the target. */
const FILES: readonly (readonly [string, string])[] = [
  ['dist', `${HOME}/dist`],
  ['config', `${HOME}/config`],
  ['systemd', `${HOME}/systemd`],
  ['package.json', `${HOME}/package.json`],
  ['docs', 'usr/share/doc/varmesky/docs'],
  ['examples', 'usr/share/doc/varmesky/examples'],
  ['README.md', 'usr/share/doc/varmesky/README.md'],
  ['CHANGELOG.md', 'usr/share/doc/varmesky/CHANGELOG.md'],
  ['LICENSE', 'usr/share/doc/varmesky/copyright'],
  ['systemd/varmesky.service', 'usr/lib/systemd/system/varmesky.service'],
  ['systemd/varmesky-time.service', 'usr/lib/systemd/system/varmesky-time.service'],
  ['systemd/varmesky-backup.service', 'usr/lib/systemd/system/varmesky-backup.service'],
  ['systemd/varmesky-backup.timer', 'usr/lib/systemd/system/varmesky-backup.timer'],
  ['systemd/60-varmesky.rules', 'usr/lib/udev/rules.d/60-varmesky.rules'],
  ['packaging/debian/default', 'etc/default/varmesky'],
]

/** What a module needs only to be compiled, on another machine, or under another Node. */
const NEEDLESS: readonly string[] = [
  'better-sqlite3',
  'better-sqlite3-napi/deps',
  'better-sqlite3-napi/src',
  'unix-dgram/src',
  'nan',
  'bintrees/test',
]

const CLI = `#!/bin/sh
exec /${HOME}/bin/node /${HOME}/dist/main.js "$@"
`

/** The whole tree the package unpacks to. */
export const stage = async (root: string, runtime: string): Promise<void> => {
  for (const [from, to] of FILES) {
    mkdirSync(join(root, dirname(to)), { recursive: true })
    cpSync(here(from), join(root, to), { recursive: true })
  }
  mkdirSync(join(root, HOME, 'bin'), { recursive: true })
  cpSync(join(runtime, 'bin/node'), join(root, HOME, 'bin/node'))
  run('strip', ['--strip-unneeded', join(root, HOME, 'bin/node')])
  modules(join(root, HOME), runtime)
  mkdirSync(join(root, 'usr/bin'), { recursive: true })
  writeFileSync(join(root, 'usr/bin/varmesky'), CLI)
  await words(root)
  tidyModes(root)
}

/** What shells complete and what `man varmesky` shows, from the commands themselves. */
const words = async (root: string): Promise<void> => {
  const tree = treeOf(await buildProgram())
  const files = {
    'usr/share/bash-completion/completions/varmesky': SHELLS.bash(tree),
    'usr/share/zsh/vendor-completions/_varmesky': SHELLS.zsh(tree),
    'usr/share/fish/vendor_completions.d/varmesky.fish': SHELLS.fish(tree),
    'usr/share/man/man1/varmesky.1.gz': gzipSync(manPage(tree, VERSION, RELEASED), { level: 9 }),
  }
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
}

/** The locked modules, native ones compiled for the Node that comes along; made once for each lockfile and Node. */
const modules = (home: string, runtime: string): void => {
  const lock = readFileSync(here('package-lock.json'))
  const made = `${runtime}-modules-${createHash('sha256').update(lock).digest('hex').slice(0, 12)}`
  if (!existsSync(made)) {
    const making = `${made}.part`
    rmSync(making, { recursive: true, force: true })
    mkdirSync(making)
    for (const file of ['package.json', 'package-lock.json']) cpSync(here(file), join(making, file))
    install(making, runtime)
    renameSync(making, made)
  }
  cpSync(join(made, 'node_modules'), join(home, 'node_modules'), { recursive: true, verbatimSymlinks: true })
}

const install = (directory: string, runtime: string): void => {
  const env = {
    ...process.env,
    PATH: `${join(runtime, 'bin')}:${process.env['PATH']}`,
    npm_config_nodedir: runtime,
    npm_config_build_from_source: 'true',
    npm_config_audit: 'false',
  }
  run('npm', ['ci', '--omit=dev', '--ignore-scripts', '--no-fund'], { cwd: directory, env })
  run('npm', ['rebuild', 'unix-dgram'], { cwd: directory, env })
  for (const path of NEEDLESS) rmSync(join(directory, 'node_modules', path), { recursive: true, force: true })
  for (const module of ['@serialport/bindings-cpp', 'better-sqlite3-napi'])
    otherMachines(join(directory, 'node_modules', module, 'prebuilds'))
}

const otherMachines = (prebuilds: string): void => {
  const kept = [`linux-${process.arch}`, `linux-${process.arch}.node`]
  for (const name of readdirSync(prebuilds)) if (!kept.includes(name)) rmSync(join(prebuilds, name), { recursive: true })
}

/** Whatever umask the maker has: directories and programs 0755, files 0644. */
const tidyModes = (root: string): void => {
  run('chmod', ['-R', 'u=rwX,go=rX', root])
  chmodSync(join(root, 'usr/bin/varmesky'), 0o755)
}
