import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { child, here, onTerminal, trial } from './cli.ts'

const box = trial()
const SECRET = 'correct horse battery staple 42!'
const set = (name: string, input: string) => child(['--config', box.file, 'secrets', 'set', name], { input })

describe('secrets', () => {
  test('are read from standard input into a file that only its owner reads, and never said again', { timeout: 60_000 }, async () => {
    const made = await set('mqtt-requests', `${SECRET}\n`)
    const file = join(box.directory, 'mqtt-requests')
    expect(made).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('secretFile: ./mqtt-requests') })
    expect(readFileSync(file, 'utf8')).toBe(`${SECRET}\n`)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    box.write('varmesky.yaml', `${readFileSync(box.file, 'utf8')}mqtt:\n  url: mqtt://b\n  requests: { secretFile: ./mqtt-requests }\n`)
    const listed = await here('--config', box.file, 'secrets', 'list', '--json')
    expect(JSON.parse(listed.stdout)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'kek', where: join(box.directory, 'kek') }),
        expect.objectContaining({ name: 'mqtt-requests', where: file }),
        expect.objectContaining({ name: 'sim-pin', where: null }),
      ]),
    )
    expect(made.stdout + made.stderr + listed.stdout).not.toContain(SECRET)
  })

  test('that cannot be right are not stored, nor repeated', { timeout: 60_000 }, async () => {
    const { status, stderr } = await set('sim-pin', '12three\n')
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining('4 to 8 digits') })
    expect(stderr).not.toContain('three')
    expect(existsSync(join(box.directory, 'sim-pin'))).toBe(false)
    expect(await here('--config', box.file, 'secrets', 'set', 'kek')).toMatchObject({ status: 2 })
  })

  test('are asked for without echo', { timeout: 60_000 }, async () => {
    const { status, stdout } = await onTerminal(
      ['--config', box.file, 'secrets', 'set', 'mqtt-password'],
      [['password at the broker', SECRET]],
    )
    expect(status).toBe(0)
    expect(stdout).not.toContain(SECRET)
    expect(readFileSync(join(box.directory, 'mqtt-password'), 'utf8')).toBe(`${SECRET}\n`)
  })
})
