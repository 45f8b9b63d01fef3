/** Disks that fill up and fail: real file systems of their own. Needs root and the right to mount. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

const run = (command: string, ...args: readonly string[]): string => execFileSync(command, args, { encoding: 'utf8', stdio: 'pipe' }).trim()

const mounted = (mount: (base: string, at: string) => void): string => {
  const base = mkdtempSync(join(tmpdir(), 'varmesky-disk-'))
  const at = join(base, 'disk')
  mkdirSync(at)
  mount(base, at)
  onTestFinished(() => {
    run('umount', '-l', at)
    rmSync(base, { recursive: true })
  })
  return at
}

/** A disk in RAM with so many megabytes. */
export const smallDisk = (megabytes: number): string =>
  mounted((_, at) => run('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', at))

/** An ext4 disk that `fail` makes read-only as its driver does after an error, `repair` checks and mounts anew (nothing may be open on it). */
export const failingDisk = () => {
  let image = ''
  const mountImage = (at: string): string => run('mount', '-o', 'loop,errors=remount-ro', image, at)
  const at = mounted((base, at) => {
    image = join(base, 'image')
    run('truncate', '-s', '16M', image)
    run('mkfs.ext4', '-q', '-F', image)
    mountImage(at)
  })
  return {
    at,
    fail(): void {
      const device = run('findmnt', '-no', 'SOURCE', at).replace('/dev/', '')
      writeFileSync(`/sys/fs/ext4/${device}/trigger_fs_error`, 'x')
    },
    repair(how: 'ro' | 'rw'): void {
      run('umount', at)
      spawnSync('e2fsck', ['-fy', image])
      mountImage(at)
      run('mount', '-o', `remount,${how}`, at)
    },
    makeWritable: () => run('mount', '-o', 'remount,rw', at),
  }
}

/** Whether such disks can be had here: the tests that need them are left out elsewhere. */
export const canMount = (() => {
  try {
    const at = mkdtempSync(join(tmpdir(), 'varmesky-mount-'))
    try {
      run('mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', at)
      run('umount', at)
      return true
    } finally {
      rmSync(at, { recursive: true })
    }
  } catch {
    return false
  }
})()
