import { chmodSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { change } from '../../src/cli/store-access.ts'
import { acquireLock } from '../../src/store/disk/lock.ts'
import { child, contents, here, KEY, KEY_CHECK, onTerminal, trial } from './cli.ts'

const box = trial()
const cli = (...args: string[]) => here('--config', box.file, ...args)

describe('meters add', () => {
  test('takes the key from standard input and shows its check value; the key is nowhere in the clear', async () => {
    const added = await child(['meters', 'add', 'kam 7134347', '--label', 'Vej/1'], {
      input: `${KEY.toLowerCase().replace(/(.{8})/g, '$1 ')}\n`,
      env: { VARMESKY_CONFIG: box.file },
    })
    expect(added).toEqual({
      status: 0,
      stdout: `KAM-07134347 added, key check ${KEY_CHECK}\n`,
      stderr: 'Leading zeros put back: 7134347 is KAM-07134347\n',
    })
    expect(JSON.parse((await cli('meters', 'list', '--json')).stdout)).toMatchObject([
      { meter: 'KAM-07134347', label: 'Vej/1', installation: null, keyCheck: KEY_CHECK },
    ])
    const state = join(box.directory, 'state')
    const stored = contents(...readdirSync(state).map((name) => join(state, name)))
    expect(stored).not.toContain(Buffer.from(KEY, 'hex').toString('latin1'))
    expect(stored.toUpperCase()).not.toContain(KEY)
  })

  test('asks a person for the key without showing it', async () => {
    const { status, stdout } = await onTerminal(['--config', box.file, 'meters', 'add', 'KAM-07134347'], [['Key of KAM-07134347', KEY]])
    expect(status).toBe(0)
    expect(stdout).toContain(`KAM-07134347 added, key check ${KEY_CHECK}`)
  })

  test.each([
    [['meters', 'add', 'KAM-07134347', '--key', KEY]],
    [['meters', 'add', 'KAM-07134347', `--key=${KEY}`]],
    [['meters', 'add', 'KAM-07134347', KEY.replace(/(..)/g, '$1-').slice(0, -1)]],
    [['keys', 'check', KEY.toLowerCase()]],
    [['meters', 'add', '--key=short']],
  ])('refuses a key in the arguments: %#', async (args) => {
    const { status, stdout, stderr } = await cli(...args)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain('A key on the command line can be read by every user')
  })

  test('a meter without a key, and only once', async () => {
    expect(await cli('meters', 'add', 'KAM-07134347', '--no-key')).toMatchObject({
      status: 0,
      stdout: 'KAM-07134347 added, without a key\n',
    })
    expect(await cli('meters', 'add', 'KAM-07134347', '--no-key')).toMatchObject({
      status: 3,
      stderr: 'KAM-07134347 is registered already: "varmesky meters set KAM-07134347" changes it.\n',
    })
  })

  test.each([
    [['7134347', '--no-key'], 2, '"7134347" has no manufacturer'],
    [['KAM-123456789', '--no-key'], 2, 'is not a meter'],
    [['KAM-07134347', '--no-key', '--label', 'two words'], 2, '--label must be'],
    [['KAM-07134347', '--no-key', '--installation', '010170-1234'], 3, '--installation looks like a CPR number'],
  ])('%j ends with %i', async (args, status, message) => {
    const result = await cli('meters', 'add', ...args)
    expect(result).toMatchObject({ status, stdout: '' })
    expect(result.stderr).toContain(message)
  })

  test('a key that is none is refused without a digit of it', async () => {
    const { status, stderr } = await child(['--config', box.file, 'meters', 'add', 'KAM-07134347'], { input: `${KEY}0` })
    expect({ status, stderr }).toEqual({ status: 2, stderr: 'a key has 32 hexadecimal digits, this one has 33\n' })
  })
})

test('set changes what is named and leaves the rest', async () => {
  await cli('meters', 'add', 'KAM-07134347', '--no-key', '--label', 'old', '--installation', '4711-02')
  expect(await cli('meters', 'set', '4711-02', '--label', 'new')).toMatchObject({ status: 0, stdout: 'KAM-07134347 changed\n' })
  const { stdout } = await child(['--config', box.file, 'meters', 'set', 'new', '--new-key', '--installation', ''], { input: KEY })
  expect(stdout).toBe(`KAM-07134347 changed, key check ${KEY_CHECK}\n`)
  expect(JSON.parse((await cli('meters', 'show', 'KAM-07134347', '--json')).stdout)).toMatchObject({
    label: 'new',
    installation: null,
    keyCheck: KEY_CHECK,
    lastDay: null,
  })
  await cli('meters', 'set', 'new', '--no-key')
  expect(JSON.parse((await cli('meters', 'show', '07134347', '--json')).stdout)).toMatchObject({ label: 'new', keyCheck: null })
  expect(await cli('meters', 'set', 'new')).toMatchObject({ status: 2, stderr: expect.stringContaining('Nothing to change') })
})

test('list and show are for people, too', async () => {
  expect(await cli('meters', 'list')).toEqual({ status: 0, stdout: '', stderr: '0 meters\n' })
  await cli('meters', 'add', 'KAM-07134347', '--no-key', '--label', 'a')
  await cli('meters', 'add', 'DME-00000001', '--no-key')
  const { stdout, stderr } = await cli('meters', 'list')
  expect(stdout.replace(/\d{4}-\d\d-\d\d/g, '<day>')).toBe(
    [
      'METER         KEY CHECK  LABEL  INSTALLATION  ALIASES  ADDED', //
      'DME-00000001  –          –      –             –        <day>',
      'KAM-07134347  –          a      –             –        <day>',
      '',
    ].join('\n'),
  )
  expect(stderr).toBe('2 meters\n')
  expect((await cli('meters', 'show', 'a')).stdout).toMatch(/^METER +KAM-07134347\nkey check +no key\nlabel +a\n/)
  expect(await cli('meters', 'show', 'KAM-07134374')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('did you mean KAM-07134347?'),
  })
})

test('remove asks, or wants to be told', async () => {
  await cli('meters', 'add', 'KAM-07134347', '--no-key')
  expect(await cli('meters', 'remove', 'KAM-07134347')).toMatchObject({ status: 2, stderr: 'This removes KAM-07134347: say --yes\n' })
  expect(await cli('meters', 'remove', 'KAM-07134347', '--yes')).toMatchObject({ status: 0, stdout: 'KAM-07134347 removed\n' })
  expect((await cli('meters', 'list')).stderr).toBe('0 meters\n')
})

test('keys are known by their check values only', async () => {
  const entries = [{ meter: 'KAM-00000001', key: KEY }, { meter: 'KAM-00000002', key: KEY }, { meter: 'KAM-00000003' }]
  await change(box.config(), 'meters.put', { entries })
  const list = await cli('keys', 'list')
  expect(list.stdout).toBe(`METER         KEY CHECK  NEXT\nKAM-00000001  ${KEY_CHECK}     –\nKAM-00000002  ${KEY_CHECK}     –\n`)
  expect(list.stderr).toBe('2 keys, 1 meter without\n')
  const check = await child(['--config', box.file, 'keys', 'check', '--key-stdin'], { input: KEY })
  expect(check.stdout).toBe(`key check ${KEY_CHECK}: the key of KAM-00000001, KAM-00000002\n`)
})

describe('without a daemon', () => {
  test('a change needs the key-encryption key, and says where it should be', async () => {
    rmSync(join(box.directory, 'kek'))
    const { status, stderr } = await cli('meters', 'add', 'KAM-07134347', '--no-key')
    expect(status).toBe(4)
    expect(stderr).toBe(
      `No daemon answers, and this command cannot do it alone: there is no key-encryption key in ${box.directory}/kek ("varmesky init" makes one).
Start the daemon (sudo systemctl start varmesky), or run this command with sudo.\n`,
    )
    chmodSync(box.write('kek', '0'.repeat(64)), 0o644)
    expect((await cli('meters', 'add', 'KAM-07134347', '--no-key')).stderr).toContain(
      'cannot do it alone: Others can read the key-encryption key',
    )
  })

  test('a change waits for whoever holds the store', async () => {
    const lock = acquireLock(join(box.directory, 'state'))
    const { status, stderr } = await cli('meters', 'add', 'KAM-07134347', '--no-key')
    lock?.release()
    expect({ status, held: lock !== null }).toEqual({ status: 4, held: true })
    expect(stderr).toContain('another process writes in')
  })
})

test.each([
  [[], 2, 'Usage: varmesky'],
  [['metres'], 2, 'Did you mean meters?'],
  [['meters', 'list', '--jsn'], 2, 'Did you mean --json?'],
  [['meters', 'list', '--pass=hunter2'], 2, "unknown option '--pass=…'"],
  [['meters', 'list', '--config', '/nowhere.yaml'], 1, '/nowhere.yaml: no such file'],
])('%j ends with %i', async (args, status, message) => {
  const { stderr, ...result } = await here(...args)
  expect(result).toEqual({ status, stdout: '' })
  expect(stderr).toContain(message)
})

test('help and version are what was asked for', async () => {
  expect(await here('--version')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
  expect(await here('meters', '--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('register a meter') })
})
