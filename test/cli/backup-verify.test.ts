import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { create, extract } from 'tar'
import { beforeEach, describe, expect, test } from 'vitest'
import { Sqlite } from '../../src/store/disk/sqlite.ts'
import { sealKey } from '../../src/store/meters/sealed-key.ts'
import { seeded } from '../support/damage.ts'
import { type Box, backupOf, METER_KEY, passphraseFile, stocked } from './boxes.ts'
import { here } from './cli.ts'

let box: Box
let file: string

beforeEach(() => {
  box = stocked()
  file = join(box.directory, 'box.tar')
})

describe('backup verify', () => {
  const verify = (...args: string[]) => here('backup', 'verify', file, ...args)

  test('opens every key with the passphrase, and knows a wrong one', async () => {
    await backupOf(box)
    expect(await verify('--keys', '--json', '--passphrase-file', passphraseFile(box))).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('"keysTried": true'),
    })
    const wrong = await verify('--keys', '--passphrase-file', passphraseFile(box, 'five other words'))
    expect(wrong).toMatchObject({ status: 1, stderr: expect.stringContaining('not the passphrase') })
  })

  test('tells keys that were damaged before, and messages', async () => {
    const db = new Sqlite(join(box.state, 'varmesky.db'))
    db.prepare('UPDATE meter_keys SET sealed = ?').run(sealKey(new Uint8Array(32), 'KAM-07134347', METER_KEY))
    db.exec(`UPDATE outbox SET body = replace(body, '7', '8') WHERE seq = 8`)
    db.close()
    await backupOf(box)
    const { status, stdout, stderr } = await verify('--keys', '--passphrase-file', passphraseFile(box))
    expect(status).toBe(1)
    expect(stdout).toContain('1 message not as stored, and never sent: 8\n1 key cannot be opened')
    expect(stderr).toContain('can be restored')
  })

  test('sees any byte that is not what was written, in every part', async () => {
    await backupOf(box)
    const whole = readFileSync(file)
    const out = join(box.directory, 'out')
    mkdirSync(out)
    await extract({ file, cwd: out })
    const random = seeded(7)
    for (const part of readdirSync(out)) {
      const content = readFileSync(join(out, part))
      const start = whole.indexOf(content)
      for (let n = 0; n < 8; n++) {
        const at = start + Math.floor(random() * content.length)
        const bytes = Buffer.from(whole)
        bytes[at] = bytes[at]! ^ (1 << Math.floor(random() * 8))
        writeFileSync(file, bytes)
        expect({ part, at, ...(await verify()) }).toMatchObject({ part, at, status: 1, stderr: expect.stringContaining('cannot be used') })
      }
      const header = Buffer.from(whole)
      header[start - 512] = header[start - 512]! ^ 1
      writeFileSync(file, header)
      expect({ part, ...(await verify()) }).toMatchObject({ part, status: 1, stderr: expect.stringContaining('cannot be used') })
    }
  })

  test('sees a file that was cut off, wherever', async () => {
    await backupOf(box)
    const whole = readFileSync(file)
    // Behind the checksums there are only zeros: the end of a tar file.
    const end = whole.indexOf('SHA256SUMS') + 512 + 300
    for (let n = 0; n < 12; n++) {
      const length = Math.floor((end * n) / 12)
      writeFileSync(file, whole.subarray(0, length))
      expect({ length, ...(await verify()) }).toMatchObject({ length, status: 1, stderr: expect.stringContaining('cannot be used') })
    }
  })

  test.each([
    ['no tar file', () => writeFileSync(file, 'not a backup at all\n'.repeat(100)), 'cannot be used'],
    ['of something else', () => create({ file, cwd: box.directory }, ['varmesky.yaml']), 'cannot be used'],
    ['not there', () => {}, 'Cannot read'],
  ])('says so where the file is %s', async (_, put, message) => {
    await put()
    expect(await verify()).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining(message) })
  })
})
