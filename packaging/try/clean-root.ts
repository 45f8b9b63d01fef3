import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { buildSync } from 'esbuild'
import { run } from '../run.ts'

const REPOSITORY = new URL('../../', import.meta.url).pathname

/** What stands in a fresh box beside Debian's minimum: systemd, a broker, and a clock that can be wrong. No compiler, no Node. */
const FURNITURE = 'systemd,systemd-sysv,udev,dbus,adduser,ca-certificates,libstdc++6,mosquitto,mosquitto-clients,faketime,procps'

/** A box with its own systemd, and no network but its loopback. */
export interface Box {
  readonly root: string
  /** Runs a shell command in it; throws with what it printed unless it ends well. */
  sh(command: string): string
  /** The same, and says whether it ended well. */
  does(command: string): boolean
  /** Waits until a shell command ends well. */
  until(what: string, seconds: number, command: string): Promise<void>
  powerOff(): Promise<void>
}

/** A copy of a clean root of that release, booted. The root itself is made once, by debootstrap. */
export const boot = async (suite: string, work: string): Promise<Box> => {
  const pristine = join(work, `clean-${suite}`)
  if (!existsSync(pristine)) debootstrap(suite, pristine)
  const root = join(work, `box-${suite}`)
  rmSync(root, { recursive: true, force: true })
  run('cp', ['-a', pristine, root])
  // Debian 13's systemd asks for this where the host still has the first generation of control groups.
  const env = { ...process.env, SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE: '1' }
  const nspawn = spawn(
    'systemd-nspawn',
    ['-q', '-D', root, '--boot', '--register=no', '--keep-unit', '--private-network', 'SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1'],
    { env, stdio: ['ignore', 'ignore', 'inherit'] },
  )
  const enter = (command: string): string[] => ['-t', leaderOf(nspawn), '-m', '-u', '-i', '-n', '-p', '--', '/bin/sh', '-ec', command]
  const box: Box = {
    root,
    sh: (command) => run('nsenter', enter(command), { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' } }),
    does: (command) => spawnSync('nsenter', enter(command), { stdio: 'ignore' }).status === 0,
    async until(what, seconds, command) {
      for (const untilMs = Date.now() + seconds * 1_000; Date.now() < untilMs; await sleep(500)) if (box.does(command)) return
      throw new Error(`${what}: not within ${seconds} s`)
    },
    async powerOff() {
      if (nspawn.exitCode !== null) return
      nspawn.kill('SIGTERM')
      await Promise.race([new Promise((ended) => nspawn.once('exit', ended)), sleep(30_000).then(() => nspawn.kill('SIGKILL'))])
      rmSync(root, { recursive: true, force: true })
    },
  }
  try {
    await box.until('the box boots', 120, 'systemctl is-system-running | grep -Eq "running|degraded"')
  } catch (error) {
    await box.powerOff()
    throw error
  }
  return box
}

const debootstrap = (suite: string, pristine: string): void => {
  const making = `${pristine}.part`
  rmSync(making, { recursive: true, force: true })
  mkdirSync(making, { recursive: true })
  run('debootstrap', ['--variant=minbase', `--include=${FURNITURE}`, suite, making])
  renameSync(making, pristine)
}

/** The first process of the box is the child nspawn has in the end: it forks another before. */
const leaderOf = ({ pid, exitCode }: ChildProcess): string => {
  if (exitCode !== null) throw new Error('systemd-nspawn starts nothing here: it needs root and control groups')
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]!
}

/** The same package under another version. */
export const asVersion = (deb: string, version: string, work: string): string => {
  const tree = join(work, 'repacked')
  rmSync(tree, { recursive: true, force: true })
  run('dpkg-deb', ['-R', deb, tree])
  run('sed', ['-i', `s/^Version: .*/Version: ${version}/`, join(tree, 'DEBIAN/control')])
  const file = join(work, `varmesky_${version}.deb`)
  execFileSync('dpkg-deb', ['--root-owner-group', '-Znone', '--build', tree, file], { stdio: 'ignore' })
  rmSync(tree, { recursive: true })
  return file
}

export const putInto = (box: Box, from: string, to: string): void => {
  mkdirSync(join(box.root, to, '..'), { recursive: true })
  cpSync(from, join(box.root, to), { recursive: true, dereference: true })
}

/** A program of this repository in one file, to be run by the package's own Node.js. */
export const bundleInto = (box: Box, entry: string, to: string): void => {
  buildSync({
    entryPoints: [join(REPOSITORY, entry)],
    outfile: join(box.root, to),
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['node-pty'],
    logLevel: 'error',
  })
}
