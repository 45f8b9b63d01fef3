import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { durationMs, durationText } from '../src/config/duration.ts'
import { nearest } from '../src/config/nearest.ts'
import { jsonSchema } from '../src/config/schema.ts'
import { loadConfig } from '../src/config.ts'

let directory: string
let file: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'varmesky-config-'))
  file = join(directory, 'varmesky.yaml')
  for (const name of ['STATE_DIRECTORY', 'RUNTIME_DIRECTORY', 'CREDENTIALS_DIRECTORY']) vi.stubEnv(name, undefined)
})

afterEach(() => {
  rmSync(directory, { recursive: true })
  vi.unstubAllEnvs()
})

const load = (text: string) => {
  writeFileSync(file, text)
  return loadConfig(file)
}

/** The problems without the file's name: `line:col field: reason`. */
const problems = (text: string): string[] => {
  const loaded = load(text)
  if ('config' in loaded) throw new Error('this configuration was expected to be refused')
  return loaded.problems.map((problem) => problem.replace(`${file}:`, ''))
}

const config = (text: string) => {
  const loaded = load(text)
  if ('problems' in loaded) throw new Error(loaded.problems.join('\n'))
  return loaded.config
}

const DAY_MS = 86_400_000

describe('a good configuration', () => {
  test('needs nothing but a name', () => {
    expect(config('gateway: box\n')).toEqual({
      gateway: 'box',
      timeZone: 'Europe/Copenhagen',
      stateDirectory: '/var/lib/varmesky',
      runtimeDirectory: '/run/varmesky',
      receivers: [],
      meters: { unlisted: 'count', plain: 'refuse' },
      day: { tolerance: 900_000, closesAfter: 7_200_000, include: ['registers', 'status', 'momentary', 'stored'] },
      clock: { trust: 'auto' },
      store: { maxSize: 1_000_000_000 },
      keep: { confirmed: 90 * DAY_MS, unconfirmed: 400 * DAY_MS, telegrams: 2 * DAY_MS, sms: 14 * DAY_MS, salvaged: 30 * DAY_MS },
      stdout: false,
      log: { level: 'info', meterIds: 'full' },
    })
  })

  test('keeps nothing for less than 14 days that billing may want, and the unconfirmed not less than the rest', () => {
    const keep = (text: string) => `gateway: x\nkeep: { ${text} }\n`
    expect(config(keep('confirmed: 14d, unconfirmed: 14d')).keep).toMatchObject({ confirmed: 14 * DAY_MS, unconfirmed: 14 * DAY_MS })
    expect(problems(keep('confirmed: 13d')).join()).toContain('keep.confirmed: must be between 14d and 3650d')
    expect(problems(keep('unconfirmed: 335h')).join()).toContain('keep.unconfirmed: must be between 14d and 3650d')
    expect(problems(keep('unconfirmed: 60d')).join()).toContain('keep.unconfirmed: must not be shorter than confirmed')
  })

  test('takes requests over MQTT 5 only, with the path of a secret', () => {
    const asked = "gateway: x\nmqtt: { url: 'mqtts://b', requests: { secretFile: ./s } }"
    expect(config(asked).mqtt?.requests).toEqual({ allow: ['resend'], secretFile: join(directory, 's') })
    expect(problems(asked.replace('requests', 'protocol: 4, requests')).join()).toContain('needs MQTT 5')
    expect(problems(asked.replace('./s', 'hunter2')).join()).not.toContain('hunter2')
  })

  test('says where its files lie, relative to itself', () => {
    const { stateDirectory, runtimeDirectory, kekFile, mqtt } = config(
      'gateway: box\nstateDirectory: state\nruntimeDirectory: /run/x\nkekFile: ./kek\nmqtt: { url: "mqtts://b", ca: ca.pem, passwordFile: ./pw }\n',
    )
    expect({ stateDirectory, runtimeDirectory, kekFile }).toEqual({
      stateDirectory: join(directory, 'state'),
      runtimeDirectory: '/run/x',
      kekFile: join(directory, 'kek'),
    })
    expect(mqtt).toEqual({
      url: 'mqtts://b',
      ca: join(directory, 'ca.pem'),
      passwordFile: join(directory, 'pw'),
      protocol: 5,
      prefix: 'varmesky/v1',
      noSubscribers: 'hold',
      receipts: 'none',
      requests: 'none',
    })
  })

  test('takes what systemd hands over where it is silent itself', () => {
    mkdirSync(join(directory, 'credentials'))
    writeFileSync(join(directory, 'credentials/mqtt-password'), '')
    vi.stubEnv('STATE_DIRECTORY', '/var/lib/a:/var/lib/b')
    vi.stubEnv('RUNTIME_DIRECTORY', '/run/a')
    vi.stubEnv('CREDENTIALS_DIRECTORY', join(directory, 'credentials'))
    const loaded = config('gateway: box\nmqtt: { url: "mqtts://b" }\n')
    expect([loaded.stateDirectory, loaded.runtimeDirectory, loaded.mqtt?.passwordFile]).toEqual([
      '/var/lib/a',
      '/run/a',
      join(directory, 'credentials/mqtt-password'),
    ])
  })

  test('a block that is left empty is left out', () => {
    expect(config('gateway: box\nreceivers:\nmqtt:\n')).toMatchObject({ receivers: [] })
  })
})

describe('a bad configuration', () => {
  test('is told all at once, each problem with its place, in the order of the file', () => {
    const text = `gatewy: box
timeZone: Europe/Kopenhagen
receivers:
  - name: a
    use: im872a
    at: ttyUSB0
    bauds: 9600
  - { name: a, use: hex, at: stdin, modes: [c1] }
day: { tolerance: 15, closesAfter: 3d, include: [status] }
mqtt: { url: "http://b", cert: x.pem, protocol: 3, prefix: /v1 }
log: info
`
    expect(problems(text)).toEqual([
      '1:1 gateway: is required',
      '1:1 gatewy: is not a setting; did you mean gateway?',
      '2:11 timeZone: must be an IANA time zone such as Europe/Copenhagen (got "Europe/Kopenhagen")',
      '5:10 receivers[0].use: must be auto or im871a or im170a or iu891a or amb8465 or amb3665 or cul or rc1180 or ebi or raw or cmex or hex or lines or rtl_wmbus or rtl_433 (got "im872a"); did you mean im871a?',
      '6:9 receivers[0].at: must be a device path (/dev/serial/by-id/…), tcp://host:port, tcp-listen://address:port, udp://address:port, mqtt://host/topic, exec:command or stdin (got "ttyUSB0")',
      '7:5 receivers[0].bauds: is not a setting (known here: name, use, at, modes, baudRate, user, passwordFile, captureRaw, ca)',
      '8:13 receivers[1].name: is the name of another receiver (got "a")',
      '8:44 receivers[1].modes: can only be set for a stick; other sources decide themselves what they hear',
      '9:19 day.tolerance: must be a duration such as 30s, 15m, 2h or 1d (got 15)',
      '9:36 day.closesAfter: must be between 1m and 1d (got "3d")',
      '9:49 day.include: must contain registers: they are what is billed',
      '10:14 mqtt.url: must be mqtts://host:8883 (or mqtt://host:1883 without encryption) (got "http://b")',
      '10:32 mqtt.cert: needs key, and key needs cert (got "x.pem")',
      '10:49 mqtt.protocol: must be 5 or 4 (got 3)',
      '10:60 mqtt.prefix: must be a topic without "+", "#", spaces or a "/" at either end (got "/v1")',
      '11:6 log: must be a block of settings (got "info")',
    ])
  })

  test.each([
    ['', '1:1 file: is empty'],
    ['- a\n', '1:1 file: must be a block of settings'],
    ['gateway: 007\n', '1:10 gateway: must be text: put it in quotes (got 7)'],
    ['gateway: box\nmqtt: { url: "mqtts://b", ca: }\n', '2:31 mqtt.ca: is empty'],
    ['gateway: box\nmqtt: { url: "mqtts://b", cert: c }\n', '2:33 mqtt.cert: needs key, and key needs cert (got "c")'],
    ['gateway: box\ngateway: cup\n', '2:1 the same setting is written twice'],
    ['gateway: box\nday:\n\ttolerance: 5m\n', '3:1 a tab is used as indentation: use spaces'],
    ['gateway: *box\n', '1:10 a value that starts with "*" must stand in quotes (YAML aliases are not used here)'],
  ])('%j', (text, problem) => {
    expect(problems(text)).toContain(problem)
  })

  test('a file that is not there says how to get one', () => {
    expect(loadConfig('/nowhere/varmesky.yaml')).toEqual({
      problems: ['/nowhere/varmesky.yaml: no such file: create it with "varmesky init", or name another one with --config'],
    })
  })

  test('user and password in the address of the broker are refused', () => {
    expect(problems('gateway: box\nmqtt: { url: "mqtts://me:hunter2@b" }\n')).toEqual([
      '2:14 mqtt.url: must not carry a user or password: set user and passwordFile',
    ])
  })

  test('never repeats what may be a secret', () => {
    const secret = 'C2E387277E39C9D821F3B05E1616F87C'
    const places = [
      `mqtt: { url: "mqtts://me:${secret}@b" }`,
      `mqtt: { url: "mqtts://b", password: ${secret} }`,
      `mqtt: { url: "mqtts://b", passwordFile: ${secret} }`,
      `mqtt: "mqtts://me:${secret}@b"`,
      `mqtt: *${secret}`,
      `mqtt: { url: "${secret}`,
      `log: { level: ${secret} }`,
      `receivers: [{ name: a, use: hex, at: "tcp://me:${secret}@b:1" }]`,
    ]
    for (const place of places) expect(problems(`gateway: box\n${place}\n`).join()).not.toMatch(new RegExp(secret, 'i'))
  })
})

describe('a receiver', () => {
  const told = (receiver: string): string => problems(`gateway: box\nreceivers: [{ name: a, ${receiver} }]\n`).join()

  test('on a topic may have a login, whose paths are the configuration’s', () => {
    const written =
      'gateway: box\nreceivers: [{ name: a, use: rtl_433, at: "mqtts://b/t/#", user: box, passwordFile: ./pw, ca: ./ca.pem, captureRaw: a.raw }]\n'
    const [receiver] = config(written).receivers
    expect(receiver).toMatchObject({
      user: 'box',
      passwordFile: expect.stringMatching(/^\/.*\/pw$/),
      ca: expect.stringMatching(/^\//),
      captureRaw: expect.stringMatching(/^\/.*a\.raw$/),
    })
  })

  test('may hear what its kind can, at a speed of its own', () => {
    const written = `gateway: box
receivers:
  - { name: a, use: amb8465, at: /dev/ttyUSB0, modes: [t1, c1], baudRate: 115200 }
  - { name: b, use: raw, at: "udp://:1" }
`
    expect(config(written).receivers).toMatchObject([{ modes: ['t1', 'c1'], baudRate: 115_200 }, { use: 'raw' }])
  })

  test('may be looked for: its port, its kind, or both; several at a time', () => {
    const written = `gateway: box
receivers:
  - { name: a, use: auto, at: auto, modes: [c1, t1] }
  - { name: b, use: auto, at: auto }
  - { name: c, use: im871a, at: auto }
  - { name: d, use: auto, at: /dev/ttyUSB0 }
`
    expect(config(written).receivers.map(({ use, at }) => `${use} ${at}`)).toEqual([
      'auto auto',
      'auto auto',
      'im871a auto',
      'auto /dev/ttyUSB0',
    ])
    expect(told('use: hex, at: auto')).toMatch(/at: auto is for a stick that can be asked/)
    expect(told('use: raw, at: auto')).toMatch(/at: auto is for a stick that can be asked/)
    expect(told('use: auto, at: "tcp://b:1"')).toMatch(/at: must be auto or a device path/)
    expect(told('use: auto, at: auto, modes: [n1, s1]')).toMatch(/modes: auto cannot hear \[n1, s1\] at once/)
    expect(told('use: auto, at: auto, baudRate: 9600')).toMatch(/baudRate: is for a port that is named/)
  })

  test('that cannot work is told so', () => {
    expect(told('use: hex, at: "tcp://b:1", passwordFile: ./pw')).toMatch(/user: and passwordFile and ca are for a topic/)
    expect(told('use: im871a, at: "udp://:1"')).toMatch(/at: must be a device path or tcp:\/\/host:port: a stick has to be spoken to/)
    expect(told('use: ebi, at: /dev/ttyUSB0, modes: [c1, t1]')).toMatch(
      /modes: ebi cannot hear \[c1, t1\] at once: set modes to one of \[t1\] \[c1\] \[s1\]/,
    )
    expect(told('use: raw, at: /dev/ttyUSB0, modes: [t1]')).toMatch(/modes: can only be set for a stick/)
    expect(told('use: amb8465, at: "tcp://b:1", baudRate: 115200')).toMatch(/baudRate: is for a device path/)
    expect(told('use: amb8465, at: /dev/ttyUSB0, baudRate: 96.5')).toMatch(/baudRate: must be a whole number/)
    expect(told('use: hex, at: "udp://b"')).toMatch(/at: must be a device path .*udp:\/\/address:port/)
  })
})

describe('what is shipped', () => {
  test('the example is a good configuration', () => {
    expect(loadConfig('config/varmesky.example.yaml')).toHaveProperty('config.gateway', 'chimney-west')
  })

  test('and stays one when every optional line is used', () => {
    const [, settings] = readFileSync('config/varmesky.example.yaml', 'utf8').split(/^(?=gateway:)/m)
    const text = settings!.replace(/^( *)# ( *(?:- )?[a-zA-Z]+: )/gm, '$1$2')
    expect(config(text)).toMatchObject({
      receivers: [{}, { use: 'rtl_wmbus' }],
      mqtt: { user: 'chimney-west' },
    })
  })

  test('the JSON schema is the one of this code: npx tsx src/main.ts config schema > config/varmesky.schema.json', () => {
    expect(readFileSync('config/varmesky.schema.json', 'utf8')).toBe(`${JSON.stringify(jsonSchema(), null, 2)}\n`)
  })
})

test('durations survive being written and read', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 999_999 }), (seconds) => durationMs(durationText(seconds * 1000)) === seconds * 1000))
  expect([durationText(5_400_000), durationText(86_400_000), durationText(0)]).toEqual(['90m', '1d', '0s'])
})

test('the nearest word is one a finger slipped from', () => {
  const words = ['gateway', 'timeZone', 'receivers', 'at']
  expect(['gatewya', 'TimeZone', 'reciever', 'password'].map((word) => nearest(word, words))).toEqual([
    'gateway',
    'timeZone',
    'receivers',
    undefined,
  ])
})
