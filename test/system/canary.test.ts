import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { type Emulator, modemEmulator } from '../sms/modem-emulator.ts'
import { hasMosquitto, type Mosquitto, mosquittoTitle, startMosquitto } from '../support/broker-mosquitto.ts'
import { type Subscriber, subscriber } from '../support/broker-subscriber.ts'
import { join as bytes, frameA, hex, hexOf, integer, record, type Sender, shortHeader, stripped } from '../support/telegrams.ts'
import { type Loopback, loopback } from './loopback.ts'
import { type Ended, type Program, start, varmesky } from './program.ts'

/** Secrets that are used for everything they are for, and may be seen nowhere. */
const KEY = 'C2E387277E39C9D821F3B05E1616F87C'
const NEXT_KEY = '5D1A9E07F4B36C82E9701BD54F38A6C3'
const LISTED_KEY = '91C07FE2A4D5083B6E1FB27C4490DA65'
const PASSWORD = 'Kanariefugl-47-i-skorstenen'
const PASSPHRASE = 'fem ord fra en gammel ordbog'
const PIN = '48151623'

/** A secret of bytes as anybody could have written it, and halves of it. */
const spellings = (digits: string): string[] => {
  const raw = Buffer.from(digits, 'hex')
  const half = digits.length / 2
  return [
    ...[digits, digits.slice(0, half), digits.slice(half)].flatMap((text) => [text.toUpperCase(), text.toLowerCase()]),
    ...[raw, raw.subarray(0, half / 2), raw.subarray(half / 2)].map((part) => part.toString('latin1')),
    ...(['base64', 'base64url'] as const).map((form) => raw.toString(form).replace(/=+$/, '')),
    [...raw].join(','),
    [...raw].join(', '),
    ...[' ', ':', '-'].flatMap((mark) =>
      [digits.toUpperCase(), digits.toLowerCase()].map((text) => text.replace(/(..)(?!$)/g, `$1${mark}`)),
    ),
  ]
}
const ofText = (text: string): string[] => [text, ...(['base64', 'hex'] as const).map((form) => Buffer.from(text).toString(form))]

const METER: Sender = { manufacturer: 'KAM', id: '71000001', version: 0x34, type: 4 }
const telegram = (energy: number, key: string, from = METER): string => {
  const records = bytes(record('0406', integer(energy, 4)), record('0413', integer(7_000, 4)))
  return hexOf(frameA(stripped(from, shortHeader(from, records, { key: hex(key), accessNumber: energy & 0xff }))))
}

describe.skipIf(!hasMosquitto)(`secrets that everything is done with, with ${mosquittoTitle}`, { timeout: 300_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'varmesky-canary-'))
  const inside = (...names: string[]): string => join(directory, 'box', ...names)
  /** What a person has: none of it is the program's doing. */
  const given = (name: string, text = ''): string => {
    const path = join(directory, 'given', name)
    if (text !== '') writeFileSync(path, text, { mode: 0o600 })
    return path
  }
  const env = { VARMESKY_CONFIG: inside('varmesky.yaml') }
  const seen: string[] = []
  let kek = ''
  let broker: Mosquitto | null = null
  let billing: Subscriber
  let mast: Loopback
  let modem: Emulator
  let daemon: Program
  let daemonSaid = ''

  const cli = async (input: string, ...args: string[]): Promise<Ended> => {
    const program = start(args, { env })
    seen.push(program.visible())
    program.type(input)
    const ended = await program.ended
    seen.push(ended.stdout, ended.stderr)
    return ended
  }
  const becomes = (expected: object): Promise<void> =>
    vi.waitFor(async () => expect(JSON.parse(await rudely('{"v":1,"id":1,"action":"status"}')).result).toMatchObject(expected), 60_000)
  const send = (...lines: string[]): void => {
    for (const socket of mast.sockets) socket.write(lines.map((line) => `${line}\n`).join(''))
  }
  /** One line to the control socket, as it is; what is answered. */
  const rudely = (line: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(inside('run', 'control.sock'), () => socket.write(`${line}\n`))
      let text = ''
      socket.on('error', reject)
      socket.on('data', (data) => {
        text += data
        if (!text.endsWith('\n')) return
        seen.push(text)
        resolve(text)
        socket.destroy()
      })
    })

  beforeAll(async () => {
    for (const name of ['box', 'given']) mkdirSync(join(directory, name))
    broker = await startMosquitto()
    billing = await subscriber(`mqtt://127.0.0.1:${broker!.port}`)
    mast = await loopback()
    modem = await modemEmulator({ path: join(directory, 'modem'), clock: systemClock(), dice: () => 0.5, pin: PIN })
  })
  afterAll(async () => {
    daemon?.signal('SIGKILL')
    await mast.close()
    await billing.end()
    await broker?.stop()
    rmSync(directory, { recursive: true })
  })

  it('a box that has all of them runs, and reads with them', async () => {
    await cli('', 'init', '--directory', inside(), '--gateway', 'box')
    mkdirSync(inside('csv'))
    writeFileSync(
      env.VARMESKY_CONFIG,
      [
        'gateway: box\nstateDirectory: state\nruntimeDirectory: run\nkekFile: ./kek\nmeters: { unlisted: list }\nlog: { level: debug }',
        `mqtt: { url: "mqtt://127.0.0.1:${broker!.port}", user: box, passwordFile: ${given('password', `${PASSWORD}\n`)} }`,
        `receivers: [{ name: mast, use: hex, at: "tcp://127.0.0.1:${mast.port}" }]`,
        `sms: { modem: ${join(directory, 'modem')}, pinFile: ${given('pin', `${PIN}\n`)}, senders: ${given('senders.csv', 'phone;manufacturer;id\n')} }`,
        `csv: { directory: ${inside('csv')} }\n`,
      ].join('\n'),
    )
    kek = readFileSync(inside('kek'), 'utf8').trim()
    expect(await cli(KEY, 'meters', 'add', 'KAM-71000001', '--key-stdin')).toMatchObject({ status: 0 })
    daemon = start(['run', '--capture', inside('capture')], { env })
    await becomes({
      receivers: [{ state: 'receiving' }],
      sinks: expect.arrayContaining([expect.objectContaining({ sink: 'mqtt', connected: true })]),
    })
    seen.push(daemon.visible())
    send(telegram(1_000, KEY), telegram(1_001, KEY), telegram(5, LISTED_KEY))
    await becomes({ outcomes: { observation: 1, fault: 1 } })
    await vi.waitFor(() => expect(modem.pinTries()).toBeGreaterThan(0), 60_000)
  })

  it('takes keys in every way there is, also with mistakes in them', async () => {
    expect(await cli(NEXT_KEY, 'meters', 'set', 'KAM-71000001', '--next-key')).toMatchObject({ status: 0 })
    const list = given('list.csv', `meter;key\nKAM-71000002;${LISTED_KEY}\n`)
    expect(await cli('', 'meters', 'import', list, '--yes')).toMatchObject({ status: 0 })
    expect(
      await cli('', 'meters', 'import', given('bad.csv', `meter;key\nKAM-71000003;${KEY.slice(0, -1)}\nKAM-7100x;${KEY}\n`), '--yes'),
    ).toMatchObject({ status: 1 })
    expect(await cli('', 'keys', 'try', given('keys.txt', `${LISTED_KEY}\n${KEY}\n`))).toMatchObject({ status: 0 })
    expect(await cli('', 'keys', 'try', given('bad.txt', `${KEY}\n${NEXT_KEY}0\n`))).toMatchObject({ status: 1 })
    expect(await cli(`${KEY}A`, 'keys', 'check', '--key-stdin')).toMatchObject({ status: 2 })
    expect(await cli('', 'decode', telegram(7, KEY), '--key', given('key', KEY))).toMatchObject({ status: 0 })
    send(telegram(1_002, NEXT_KEY), telegram(1_003, NEXT_KEY))
    await becomes({ meters: { nextKeys: 0 } })
    const entry = (key: string) =>
      JSON.stringify({ v: 1, id: 1, action: 'meters.put', args: { entries: [{ meter: 'KAM-71000009', key }] } })
    for (const line of [
      entry(`${KEY}00`),
      entry(KEY).replace('meters.put', 'meters.steal'),
      entry(KEY).replace('"v":1', '"v":7'),
      entry(KEY).replace('"id":1', `"${KEY}":1`),
      `${entry(KEY)}}`,
      KEY,
      JSON.stringify({ v: 1, id: 1, action: 'keys.try', args: { keys: [KEY, `${NEXT_KEY}0`] } }),
      JSON.stringify({ v: 1, id: 1, action: KEY, by: NEXT_KEY }),
    ])
      expect(await rudely(line), line.slice(0, 20)).toContain('"ok":false')
  })

  it('tells all it has to tell', async () => {
    const asked = [
      ['status'],
      ['meters', 'list', '--wrong-key', '--plain', '--unheard', '--unlisted'],
      ['meters', 'show', 'KAM-71000001', '--json'],
      ['meters', 'export', '--json'],
      ['keys', 'list', '--json'],
      ['audit', 'list', '--json'],
      ['config', 'show'],
      ['sinks', 'test'],
      ['readings', 'export'],
      ['backup', inside('without.tar'), '--without-kek'],
    ]
    for (const args of asked) expect(await cli('', ...args), args.join(' ')).toMatchObject({ status: 0 })
    expect(await cli(PASSPHRASE, 'backup', inside('with.tar'))).toMatchObject({ status: 0 })
    const doctor = await cli('', 'doctor', '--bundle', inside('bundle.tar'))
    expect(doctor.status).not.toBe(null)
  })

  it('fails with them, too: a broker that refuses, a store that is gone', async () => {
    await broker?.stop()
    broker = null
    const refusing = await loopback((socket) => void socket.once('data', () => socket.end(Uint8Array.of(0x20, 0x03, 0x00, 0x86, 0x00))))
    writeFileSync(
      given('refused.yaml'),
      readFileSync(env.VARMESKY_CONFIG, 'utf8').replace(/mqtt:\/\/127.0.0.1:\d+/, `mqtt://127.0.0.1:${refusing.port}`),
    )
    expect(await cli('', '--config', given('refused.yaml'), 'sinks', 'test')).toMatchObject({ status: 1 })
    await refusing.close()
    daemon.signal('SIGTERM')
    const ended = await daemon.ended
    daemonSaid = ended.stderr
    seen.push(ended.stdout, ended.stderr)
    writeFileSync(inside('kek'), `${'ab'.repeat(32)}\n`)
    seen.push(JSON.stringify(await varmesky({ env }, 'run')))
    writeFileSync(inside('kek'), `${kek.slice(1)}\n`)
    seen.push(JSON.stringify(await varmesky({ env }, 'run')))
    rmSync(inside('kek'))
    // Without a daemon and without its key it cannot be done, and says so.
    expect(await cli(KEY, 'meters', 'add', 'KAM-71000004', '--key-stdin')).toMatchObject({ status: 4 })
  })

  it('none of them was seen: in no log, error, file, message, argument or environment', () => {
    const files = (of: string) =>
      readdirSync(of, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => ({ name, text: readFileSync(join(parentPath, name), 'latin1') }))
    const made = files(join(directory, 'box'))
    expect(made.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['varmesky.db', 'varmesky.meters.bak', 'capture', 'with.tar', 'without.tar']),
    )
    expect(daemonSaid.split('\n').length).toBeGreaterThan(5)
    expect(billing.received.length).toBeGreaterThan(0)
    const messages = billing.received.flatMap(({ topic, body }) => [topic, body])
    const everything = [
      ...made,
      ...seen.map((text, n) => ({ name: `output ${n}: ${text.slice(0, 40)}`, text })),
      { name: 'messages', text: messages.join('\n') },
    ]
    const secrets = {
      key: spellings(KEY),
      'next key': spellings(NEXT_KEY),
      'key of a list': spellings(LISTED_KEY),
      'key-encryption key': spellings(kek),
      password: ofText(PASSWORD),
      passphrase: ofText(PASSPHRASE),
      PIN: ofText(PIN),
    }
    const found = (text: string) =>
      Object.entries(secrets).flatMap(([name, texts]) => (texts.some((each) => text.includes(each)) ? [name] : []))
    expect(everything.flatMap(({ name, text }) => found(text).map((secret) => `${secret} in ${name}`))).toEqual([])
    // What was given has them: they are found where they are.
    expect(
      found(
        files(join(directory, 'given'))
          .map(({ text }) => text)
          .join('\n'),
      ),
    ).toEqual(['key', 'next key', 'key of a list', 'password', 'PIN'])
  })

  it('a crash leaves no core either', () => {
    const unit = readFileSync(new URL('../../systemd/varmesky.service', import.meta.url), 'utf8')
    expect(unit).toMatch(/^LimitCORE=0$/m)
  })
})
