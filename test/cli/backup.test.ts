import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { extract } from 'tar'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { readBackup } from '../../src/store/backup/file.ts'
import { bytesIn, reading } from '../store/state.ts'
import { damage, seeded } from '../support/damage.ts'
import { canMount, smallDisk } from '../support/disk.ts'
import { type Box, backupOf, METER_KEY, openBox, PASSPHRASE, passphraseFile, stocked, withStore } from './boxes.ts'
import { child, here, onTerminal } from './cli.ts'

// scrypt is slow on purpose, and so is a busy machine.
vi.setConfig({ testTimeout: 240_000 })

let box: Box
let file: string
const backup = (...args: string[]) => here('--config', box.file, 'backup', ...args)
const make = () => backup(file, '--passphrase-file', passphraseFile(box))

beforeEach(() => {
  box = stocked()
  file = join(box.directory, 'box.tar')
})

describe('a backup', () => {
  test('is one file of its owner, and says what is in it', async () => {
    const { status, stdout } = await make()
    expect(status).toBe(0)
    expect(stdout).toMatch(/box\.tar: box, 20.*Z: 2 meters with 1 key, 200 messages; key-encryption key [0-9a-f]{8} is in it, under/)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readdirSync(box.directory).filter((name) => name.includes('part'))).toEqual([])
    // What docs/backup.md says that a guess costs.
    expect((await readBackup(file)).escrow).toMatchObject({ kdf: 'scrypt', N: 131_072, r: 8, p: 1 })
    expect(await here('backup', 'verify', file)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('Each message is as it was stored.\nThe keys were not tried: --keys\n'),
    })
  })

  test('holds no key that can be read, not even with the box’s own file of it', async () => {
    await backupOf(box)
    const bytes = readFileSync(file)
    const kek = readFileSync(box.kek, 'utf8').trim()
    for (const secret of [Buffer.from(METER_KEY), Buffer.from(kek, 'hex')]) {
      expect(bytes.includes(secret)).toBe(false)
      expect(bytes.toString('latin1').toLowerCase()).not.toContain(secret.toString('hex'))
    }
    expect(bytes.includes(PASSPHRASE)).toBe(false)
  })

  test('is opened by tar and checked by sha256sum', async () => {
    await backupOf(box)
    const out = join(box.directory, 'out')
    mkdirSync(out)
    await extract({ file, cwd: out })
    expect(readdirSync(out).sort()).toEqual(['SHA256SUMS', 'kek.json', 'manifest.json', 'varmesky.db', 'varmesky.yaml'])
    expect(execFileSync('sha256sum', ['-c', 'SHA256SUMS'], { cwd: out, encoding: 'utf8' })).toMatch(/^(.*: OK\n){4}$/)
    expect(readFileSync(join(out, 'varmesky.yaml'), 'utf8')).toBe(readFileSync(box.file, 'utf8'))
  })

  test('is made beside a running daemon, of what it has stored so far', async () => {
    const daemon = openBox(box)
    daemon.outbox.add(reading('one more'))
    daemon.outbox.flush()
    expect(await make()).toMatchObject({ status: 0, stdout: expect.stringContaining('201 messages') })
    daemon.outbox.add(reading('and another'))
    expect(daemon.outbox.flush()).toBe(true)
    daemon.close()
  })

  test('overwrites nothing', async () => {
    writeFileSync(file, 'mine')
    expect(await make()).toMatchObject({ status: 1, stderr: expect.stringContaining('is not overwritten') })
    expect(readFileSync(file, 'utf8')).toBe('mine')
  })

  test('gets a name of its own in a directory, and needs no passphrase without the key-encryption key', async () => {
    const directory = join(box.directory, 'backups')
    mkdirSync(directory)
    const { status, stdout } = await child(['--config', box.file, 'backup', directory, '--without-kek', '--json'])
    expect(status).toBe(0)
    expect(readdirSync(directory)).toEqual([expect.stringMatching(/^box-\d{8}T\d{6}Z\.tar$/)])
    expect(JSON.parse(stdout)).toMatchObject({ gateway: 'box', meters: 2, keys: 1, messages: 200, escrow: false })
    expect(bytesIn(directory).includes('kek.json')).toBe(false)
  })

  test('needs no passphrase where no meter has a key', async () => {
    withStore(box, (store) => store.meters.remove('KAM-07134347'))
    expect(await backup(file, '--json')).toMatchObject({ status: 0, stdout: expect.stringContaining('"escrow": false') })
  })

  test.each([
    ['there is no directory', 'none/box.tar', /make its directory first/],
    ['its directory is a file', 'kek/box.tar', /part of its path is a file/],
  ])('says what to try where %s', async (_, name, message) => {
    const path = join(box.directory, name)
    expect(await backup(path, '--without-kek')).toMatchObject({ status: 1, stderr: expect.stringMatching(message) })
  })

  test('is not made of a damaged database', async () => {
    damage(box.state, 'garbage page', seeded(4))
    expect(await backup(file, '--without-kek')).toMatchObject({ status: 1, stderr: expect.stringContaining('varmesky db check') })
    expect(readdirSync(box.directory).filter((name) => name.includes('box.tar'))).toEqual([])
  })

  test('is not made with another key-encryption key than that of the keys', async () => {
    writeFileSync(box.kek, 'ab'.repeat(32))
    const { status, stderr } = await make()
    expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining('put the right one back') })
    expect(existsSync(file)).toBe(false)
  })
})

describe.skipIf(!canMount)('on a full disk', () => {
  /** A disk with 100 KB left. */
  const full = (): string => {
    const disk = smallDisk(1)
    writeFileSync(join(disk, 'filler'), new Uint8Array(924 * 1024))
    return disk
  }

  test('a backup says so, and leaves nothing', async () => {
    const disk = full()
    expect(await backup(join(disk, 'box.tar'), '--without-kek')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('the disk is full'),
    })
    expect(readdirSync(disk)).toEqual(['filler'])
    // The snapshot fits, and the file beside it does not.
    truncateSync(join(disk, 'filler'), (924 - 200) * 1024)
    expect(await backup(join(disk, 'box.tar'), '--without-kek')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('the disk is full'),
    })
    expect(readdirSync(disk)).toEqual(['filler'])
  })

  test('a restore says so, and leaves nothing', async () => {
    await backup(file, '--without-kek')
    const disk = full()
    writeFileSync(box.file, `gateway: box\nstateDirectory: ${disk}\nkekFile: ./kek\n`)
    expect(await here('--config', box.file, 'restore', file)).toMatchObject({ status: 1, stderr: expect.stringContaining('has no room') })
    expect(readdirSync(disk).sort()).toEqual(['filler', 'varmesky.lock'])
  })
})

describe.skipIf(process.getuid?.() !== 0)('a member of the group (needs root)', () => {
  const MEMBER = { uid: 65534, gid: 65534 }

  test('may make a backup of what it may read: without the key-encryption key', async () => {
    chmodSync(box.directory, 0o755)
    for (const path of [box.file, box.state, ...readdirSync(box.state).map((name) => join(box.state, name))]) chownSync(path, 0, MEMBER.gid)
    for (const name of readdirSync(box.state)) chmodSync(join(box.state, name), 0o640)
    chmodSync(box.state, 0o750)
    const out = join(box.directory, 'out')
    mkdirSync(out)
    chownSync(out, MEMBER.uid, MEMBER.gid)
    const run = (...args: string[]) => child(['--config', box.file, 'backup', ...args], { as: MEMBER, env: { TMPDIR: out } })
    expect(await run(join(out, 'box.tar'))).toMatchObject({ status: 1, stderr: expect.stringMatching(/use sudo[\s\S]*--without-kek/) })
    expect(await run(join(out, 'box.tar'), '--without-kek')).toMatchObject({ status: 0, stdout: expect.stringContaining('200 messages') })
  })
})

describe('the passphrase', () => {
  test('is asked for twice, and never shown', async () => {
    const typed = [
      ['Passphrase for', PASSPHRASE],
      ['once more', PASSPHRASE],
    ] as const
    const { status, stdout } = await onTerminal(['--config', box.file, 'backup', file], typed)
    expect(status).toBe(0)
    expect(stdout).not.toContain(PASSPHRASE)
    const verified = await onTerminal(['backup', 'verify', file, '--keys'], [['Passphrase of', PASSPHRASE]])
    expect(verified).toMatchObject({ status: 0, stdout: expect.stringContaining('Each of 1 key opens') })
  })

  test('that was typed in two ways makes no backup', async () => {
    const typed = [
      ['Passphrase for', PASSPHRASE],
      ['once more', `${PASSPHRASE}.`],
    ] as const
    expect(await onTerminal(['--config', box.file, 'backup', file], typed)).toMatchObject({ status: 2 })
    expect(existsSync(file)).toBe(false)
  })

  test('comes from standard input where nobody can be asked', async () => {
    const args = ['--config', box.file, 'backup', file]
    expect(await child(args, { input: 'too short\n' })).toMatchObject({ status: 2, stderr: expect.stringContaining('12 characters') })
    expect(await child(args, { input: `${PASSPHRASE}\n` })).toMatchObject({ status: 0 })
  })

  test('is never taken as an argument', async () => {
    const kek = readFileSync(box.kek, 'utf8').trim()
    for (const args of [['--passphrase', PASSPHRASE], [`--kek=${kek}`], [kek]]) {
      const { status, stderr } = await backup(file, ...args)
      expect(status).toBe(2)
      expect(stderr).toContain('A key on the command line')
      expect(stderr).not.toContain(PASSPHRASE)
    }
  })
})
