import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { configIn } from '../../src/cli/command.ts'
import { type Answers, filledExample } from '../../src/cli/init/config.ts'
import { change } from '../../src/cli/store-access.ts'
import { loadConfig } from '../../src/config.ts'
import { scriptedBroker } from '../support/broker.ts'
import { child, here, KEY, onTerminal } from './cli.ts'

let parent: string
let directory: string

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'varmesky-init-'))
  directory = join(parent, 'box')
})
afterEach(() => rmSync(parent, { recursive: true }))

const mode = (name: string): string => (statSync(join(directory, name)).mode & 0o777).toString(8)

describe('init', () => {
  test('makes all a trial needs, for its user only', async () => {
    const { status, stdout, stderr } = await here('init', '--gateway', 'roof', '--directory', directory)
    expect(status).toBe(0)
    expect(stderr).toBe(['', '/varmesky.yaml', '/state', '/run', '/kek'].map((name) => `made  ${directory}${name}\n`).join(''))
    expect({ config: mode('varmesky.yaml'), state: mode('state'), run: mode('run'), kek: mode('kek') }).toEqual({
      config: '640',
      state: '750',
      run: '750',
      kek: '600',
    })
    expect(stdout).toContain(`export VARMESKY_CONFIG=${directory}/varmesky.yaml`)
    expect(loadConfig(join(directory, 'varmesky.yaml'))).toMatchObject({
      config: {
        gateway: 'roof',
        stateDirectory: join(directory, 'state'),
        runtimeDirectory: join(directory, 'run'),
        kekFile: join(directory, 'kek'),
        stdout: true,
      },
    })
    const added = await here('--config', join(directory, 'varmesky.yaml'), 'meters', 'add', 'KAM-07134347', '--no-key')
    expect(added).toMatchObject({ status: 0 })
  })

  test('never overwrites, and adds what is missing', async () => {
    await here('init', '--gateway', 'roof', '--directory', directory)
    writeFileSync(join(directory, 'varmesky.yaml'), `${readFileSync(join(directory, 'varmesky.yaml'), 'utf8')}# mine\n`)
    const kek = readFileSync(join(directory, 'kek'), 'utf8')
    rmSync(join(directory, 'run'), { recursive: true })
    const { status, stderr } = await here('init', '--gateway', 'other', '--directory', directory)
    expect(status).toBe(0)
    expect(stderr.match(/^(made|kept)/gm)).toEqual(['kept', 'kept', 'made', 'kept'])
    expect(readFileSync(join(directory, 'kek'), 'utf8')).toBe(kek)
    expect(readFileSync(join(directory, 'varmesky.yaml'), 'utf8')).toMatch(/^gateway: roof .*[\s\S]*# mine\n$/m)
  })

  test('makes no new key-encryption key beside keys that only the old one opens', async () => {
    await here('init', '--gateway', 'roof', '--directory', directory)
    await change(configIn(join(directory, 'varmesky.yaml')), 'meters.put', { entries: [{ meter: 'KAM-07134347', key: KEY }] })
    rmSync(join(directory, 'kek'))
    const { status, stderr } = await here('init', '--directory', directory)
    expect(status).toBe(1)
    expect(stderr).toContain(`put the old one back as ${directory}/kek`)
    expect(existsSync(join(directory, 'kek'))).toBe(false)
  })

  test('asks a person', async () => {
    const { status } = await onTerminal(
      ['init', '--directory', directory],
      [
        ['Name of this box', '-2'],
        ['MQTT broker', 'mqtts://broker:8883'],
        ['Try the broker now?', ''],
      ],
    )
    expect(status).toBe(0)
    expect(loadConfig(join(directory, 'varmesky.yaml'))).toMatchObject({
      config: { gateway: expect.stringMatching(/-2$/), mqtt: { url: 'mqtts://broker:8883' } },
    })
  })

  test('names a receiver, and tries the broker where it is told to: with one, and with none', async () => {
    const broker = await scriptedBroker()
    const make = (...args: string[]) => here('init', '--gateway', 'roof', '--directory', directory, '--test-broker', ...args)
    const made = await make('--receiver', 'cul=/dev/ttyACM0', '--broker', `mqtt://127.0.0.1:${broker.port}`)
    expect(made).toMatchObject({ status: 0, stderr: expect.stringContaining('takes messages, unencrypted') })
    expect(loadConfig(join(directory, 'varmesky.yaml'))).toMatchObject({ config: { receivers: [{ use: 'cul', at: '/dev/ttyACM0' }] } })
    await broker.close()
    expect(await make()).toMatchObject({ status: 1, stderr: expect.stringContaining('nothing listens there') })
  })

  test.each([
    [[], 'Nobody can be asked here: say --gateway NAME'],
    [['--gateway', 'a b'], 'gateway must be 1 to 32 letters'],
    [['--gateway', 'a', '--broker', 'mqtt://me:secret@b'], 'mqtt.url must not carry a user or password'],
    [['--gateway', 'a', '--receiver', 'im871a'], 'im871a=/dev/serial/by-id'],
    [['--gateway', 'a', '--receiver', 'im871b=/dev/x'], 'receivers.0.use'],
  ])('%j ends with 2 and makes nothing', async (options, message) => {
    const { status, stderr } = await here('init', '--directory', directory, ...options)
    expect(status).toBe(2)
    expect(stderr).toContain(message)
    expect(stderr).not.toContain('secret')
    expect(existsSync(directory)).toBe(false)
  })

  test.skipIf(process.getuid?.() !== 0)('without the right to write says how to try it (needs root to be somebody else)', async () => {
    const { status, stderr } = await child(['init', '--gateway', 'roof', '--directory', directory], { as: { uid: 65534, gid: 65534 } })
    expect({ status, message: stderr }).toEqual({
      status: 1,
      message: expect.stringMatching(/may not make .*\n.*sudo varmesky init .*\n.*--directory/),
    })
  })
})

describe('the example, filled in', () => {
  const nothing: Answers = { gateway: 'roof', receiver: null, broker: null, trial: false }
  const config = (answers: Answers) => {
    mkdirSync(directory, { recursive: true })
    const file = join(directory, 'varmesky.yaml')
    writeFileSync(file, filledExample(answers))
    return loadConfig(file)
  }

  test.each([
    ['with nothing but a name', nothing, { receivers: [], stdout: false }],
    [
      'with a stick',
      { ...nothing, receiver: { use: 'im871a', at: '/dev/serial/by-id/usb-iM871A' } },
      { receivers: [{ name: 'mast', use: 'im871a', at: '/dev/serial/by-id/usb-iM871A' }] },
    ],
    [
      'with a program',
      { ...nothing, receiver: { use: 'rtl_433', at: 'exec: rtl_433 -F json' } },
      { receivers: [{ name: 'mast', use: 'rtl_433', at: 'exec: rtl_433 -F json' }] },
    ],
    ['with a broker', { ...nothing, broker: 'mqtts://b:8883' }, { mqtt: { url: 'mqtts://b:8883', protocol: 5 }, stdout: false }],
    ['for a trial', { ...nothing, trial: true }, { stdout: true }],
    ['for a trial with a broker', { ...nothing, trial: true, broker: 'mqtt://b' }, { stdout: false }],
  ])('%s is a good configuration', (_, answers, expected) => {
    expect(config(answers)).toMatchObject({ config: { gateway: 'roof', ...expected } })
    if (answers.broker === null) expect(config(answers)).not.toHaveProperty('config.mqtt')
  })

  test('keeps every word of the example', () => {
    const words = (text: string): string[] => text.match(/[a-z]{4,}/gi) ?? []
    const gone = words(readFileSync('config/varmesky.example.yaml', 'utf8')).filter((word) => !words(filledExample(nothing)).includes(word))
    expect(gone).toEqual(['west'].filter((word) => gone.includes(word)))
  })
})
