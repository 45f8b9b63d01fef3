import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { kem, kem2, PASSWORD, sealed, zip } from '../key-files/kem-files.ts'
import { child, here, KEY, KEY_CHECK, onTerminal, trial } from './cli.ts'

const box = trial()
const cli = (...args: string[]) => here('--config', box.file, ...args)
const meters = async () => JSON.parse((await cli('meters', 'list', '--json')).stdout)
const keyFile = (): string => box.write('order.zip.kem', zip({ name: 'a.kem', content: sealed(kem([{ serial: '57722719', key: KEY }])) }))
const known = [{ meter: 'KAM-57722719', keyCheck: KEY_CHECK }]

describe('a KEM file', () => {
  test('opens with the password of a file, and is the same the second time', async () => {
    const args = ['meters', 'import', keyFile(), '--yes', '--passphrase-file', box.write('password', `${PASSWORD}\n`)]
    expect(await cli(...args)).toMatchObject({ status: 0, stdout: 'new 1, same 0, changed 0, refused 0\n' })
    expect(await meters()).toMatchObject(known)
    expect(await cli(...args)).toMatchObject({ status: 0, stdout: 'new 0, same 1, changed 0, refused 0\n' })
  })

  test('opens with the password of standard input', async () => {
    const { status } = await child(['--config', box.file, 'meters', 'import', keyFile(), '--yes'], { input: `${PASSWORD}\n` })
    expect([status, await meters()]).toMatchObject([0, known])
  })

  test('asks for it without echo', async () => {
    const { status, stdout } = await onTerminal(
      ['--config', box.file, 'meters', 'import', keyFile()],
      [
        ['Password of the key file', PASSWORD],
        ['Import 1 meter?', 'y'],
      ],
    )
    expect([status, await meters()]).toMatchObject([0, known])
    expect(stdout).not.toContain(PASSWORD)
  })

  test('says so where the password is another', async () => {
    const result = await cli('meters', 'import', keyFile(), '--yes', '--passphrase-file', box.write('password', 'another\n'))
    expect(result).toMatchObject({ status: 1, stderr: expect.stringContaining('does not open with this password') })
    expect(await meters()).toEqual([])
  })

  test('leaves out what may not stand here, and names the meter that is refused', async () => {
    const rows = [
      { serial: '1', key: KEY, place: '0101701234' },
      { serial: '2', key: KEY, place: '0815-01' },
      { serial: '3', key: 'short', place: '' },
    ]
    const whole = await cli('meters', 'import', box.write('clear.kem2', kem2(rows)))
    expect(whole).toMatchObject({ status: 1, stdout: expect.stringMatching(/FROM[\s\S]*meter 3 +refused +a key has/) })
    expect(whole.stderr).toContain('Left out: CustomerDeviceNumber (of 1)\n')
    await cli('meters', 'import', box.write('clear.kem2', kem2(rows.slice(0, 2))), '--yes')
    expect(await meters()).toMatchObject([{ installation: null }, { installation: '0815-01' }])
  })
})

test('wmbusmeters.d, from the directory that has it', async () => {
  const directory = join(box.directory, 'wmbusmeters.d')
  mkdirSync(join(directory, 'not-a-file'), { recursive: true })
  const lines = { name: 'Heat', id: '57722719', key: KEY, driver: 'multical403' }
  const write = (name: string, changes: Partial<typeof lines>): void =>
    writeFileSync(
      join(directory, name),
      Object.entries({ ...lines, ...changes })
        .map(([line, value]) => `${line}=${value}\n`)
        .join(''),
    )
  write('Heat', {})
  write('Any', { id: '*' })
  write('Water', { name: 'Water of Jens', id: '00000042.M=DME', key: '', driver: 'auto' })
  writeFileSync(join(directory, 'README'), 'no meter\n')
  const { status, stderr } = await cli('meters', 'import', box.directory, '--yes')
  expect([status, await meters()]).toMatchObject([
    0,
    [
      { meter: 'DME-00000042', label: null, keyCheck: null },
      { meter: 'KAM-57722719', label: 'Heat', keyCheck: KEY_CHECK },
    ],
  ])
  expect(stderr).toContain('Left out: name (of 1), Any (its id= is a pattern, not the eight digits of a meter)\n')
  expect(await cli('meters', 'import', join(directory, 'not-a-file'))).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('has no meter files'),
  })
  expect(await cli('meters', 'import', join(directory, 'Heat'))).toMatchObject({ stdout: 'new 0, same 1, changed 0, refused 0\n' })
})
