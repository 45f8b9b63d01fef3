import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { spawn as spawnOnTerminal } from 'node-pty'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { openStick, type Stick } from '../../demo/im871a-stick.ts'
import { startListening } from '../../src/cli/listen/listening.ts'
import { parseSource } from '../../src/cli/listen/source.ts'
import { systemClock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import { hexOf, IM871A_FRAMES } from '../receivers/vectors.ts'
import { program } from '../support/compiled.ts'
import { ellSession, frameA, integer, join as joined, noHeader, record, shortHeader, stripped } from '../support/telegrams.ts'
import { child, here, KEY, trial } from './cli.ts'

const WAIT = { timeout: 30_000, interval: 20 }
const SLOW = 60_000
const [AXI] = IM871A_FRAMES.slice(2).map(({ telegram }) => telegram) as [string]

const heat = { manufacturer: 'KAM', id: '71000042', version: 0x34, type: 0x04 }
const water = { manufacturer: 'AXI', id: '05000001', version: 0x10, type: 0x07 }
const energy = record('04 06', integer(79_846, 4))
const volume = record('04 14', integer(223_249, 4))
const key = Uint8Array.from(Buffer.from(KEY, 'hex'))
const PLAIN = hexOf(stripped(water, shortHeader(water, joined(volume), { accessNumber: 1 })))
const MODE_5 = hexOf(stripped(heat, shortHeader(heat, joined(energy, volume), { accessNumber: 7, key })))
const frameHex = (hex: string): string => hexOf(frameA(Uint8Array.from(Buffer.from(hex, 'hex')))).toUpperCase()
const CTR = hexOf(stripped(heat, ellSession(heat, noHeader(joined(energy)), { accessNumber: 8, session: 77, key })))

/** Runs the program; what it wrote so far, and its end. */
const started = (args: readonly string[]) => {
  const running = spawn(process.execPath, [program(), 'listen', ...args])
  const output = { stdout: '', stderr: '' }
  running.stdout.on('data', (part) => {
    output.stdout += part
  })
  running.stderr.on('data', (part) => {
    output.stderr += part
  })
  const ended = once(running, 'close').then(([status]) => ({ status: status as number, ...output }))
  return { running, output, ended }
}
const objectsIn = (text: string): Record<string, unknown>[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

describe('listen', () => {
  const desk = trial()

  it('prints one object per telegram, CRC-free, and the counters apart', { timeout: SLOW }, async () => {
    const file = desk.write(
      'rtl.txt',
      `T1;1;1;2026-01-01 00:00:00.00Z;-70;;;0x${PLAIN}\nT1;0;0;2026;1;1;1;0x${MODE_5}\nC1;1;1;2026;1;1;1;0x${MODE_5}\n`,
    )
    const { status, stdout, stderr } = await here('listen', `roof=rtl_wmbus:${file}`, '--jsonl')
    expect(status).toBe(0)
    expect(objectsIn(stdout)).toEqual([
      { at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/), receiver: 'roof', mode: 't1', rssi: -70, telegram: PLAIN },
      { at: expect.any(String), receiver: 'roof', mode: 'c1', telegram: MODE_5 },
    ])
    expect(stderr).toMatch(/^2 telegrams of 2 meters\nroof: \d+ bytes, 0 skipped, 1 wrong checksums\n$/)
  })

  it('reads standard input to its end, a line per telegram for people', { timeout: SLOW }, async () => {
    const { status, stdout } = await child(['listen', 'hex:-'], { input: `${PLAIN}\nnoise\n${MODE_5}\n${PLAIN}\n${PLAIN}00` })
    expect(status).toBe(0)
    expect(stdout).toMatch(
      /Z {2}AXI-05000001 {2}water +plain\n.*Z {2}KAM-71000042 {2}heat +mode 5\n4 telegrams of 2 meters, 2 repeated\nhex: \d+ bytes, 6 skipped/,
    )
  })

  it('reads the meters whose keys it is given, and no others', { timeout: SLOW }, async () => {
    const keys = desk.write('keys.csv', `meter;key\nKAM-71000042;${KEY}\n`)
    const wrong = desk.write('wrong.csv', `meter;key\nKAM-71000042;${'00'.repeat(16)}\n`)
    const telegrams = desk.write('hex.txt', `${PLAIN}\n${MODE_5}\n${CTR}\n`)
    const { stdout } = await here('listen', `lines:${telegrams}`, '--keys', keys)
    expect(stdout).toMatch(/AXI-05000001 {2}water +plain\n/)
    expect(stdout).toMatch(/KAM-71000042 {2}heat +mode 5, key fits {2}energy 79846 kWh, volume 2232\.49 m3\n/)
    expect(stdout).toMatch(/KAM-71000042 {2}heat +AES-CTR, key fits {2}energy 79846 kWh\n/)
    const mistaken = await here('listen', `lines:${telegrams}`, '--keys', wrong)
    expect(mistaken.stdout).toMatch(/heat +mode 5, key does not fit\n/)
  })

  it('counts a telegram once, tells who else heard it and how well, and knows a repeater’s copy', { timeout: SLOW }, async () => {
    const relayed = PLAIN.replace(/^(..)44/, '$1c4')
    const line = (hex: string, dBm: number): string => `C1;1;1;2026-01-01 00:00:00.00Z;${dBm};;;0x${hex}\n`
    const [a, b] = [desk.write('a.txt', line(PLAIN, -70)), desk.write('b.txt', line(PLAIN, -60) + line(relayed, -40))]
    const { stdout } = await here('listen', `a=rtl_wmbus:${a}`, `b=rtl_wmbus:${b}`)
    expect(stdout.replaceAll(/\S+Z {2}/g, '')).toMatch(
      /^AXI-05000001 {2}water +-\d0 dBm {2}c1 +plain\nAXI-05000001 +water +-\d0 dBm +c1 +again: [ab]\nAXI-05000001 +water +-40 dBm +c1 +again: b, by a repeater\n3 telegrams of 1 meter, 1 repeated, 1 sent on by repeaters\n/,
    )
  })

  it('records every byte, and plays the recording', { timeout: SLOW }, async () => {
    const [lines, file] = [
      desk.write('rtl.txt', `C1;1;1;2026-01-01 00:00:00.00Z;-70;;;0x${PLAIN}\nnoise\n`),
      `${desk.directory}/problem.raw`,
    ]
    const live = await here('listen', `roof=rtl_wmbus:${lines}`, '--jsonl', '--capture-raw', file)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const again = await here('listen', `captured:${file}`, '--jsonl')
    const [before, after] = [live, again].map(({ stdout }) => objectsIn(stdout))
    expect(before).toHaveLength(1)
    expect(after).toEqual(before!.map((row) => ({ ...row, at: expect.any(String) })))
    expect(Math.abs(Date.parse(after![0]!['at'] as string) - Date.parse(before![0]!['at'] as string))).toBeLessThan(50)
    expect(again.stderr).toMatch(/captured: \d+ bytes, 6 skipped/)
    expect(await here('listen', `roof=rtl_wmbus:${lines}`, '--capture-raw', file)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/exists already/),
    })
    expect(await here('listen', 'captured:/no/such')).toMatchObject({ status: 2, stderr: expect.stringMatching(/--capture-raw made/) })
  })

  it('knows other names, and takes bytes recorded from a stick', { timeout: SLOW }, async () => {
    const line = `b${frameHex(PLAIN)}\r\n`
    for (const source of [`nanocul:${desk.write('cul.txt', line)}`, `${desk.directory}/cul.txt:cul`]) {
      const { status, stdout } = await here('listen', source, '--jsonl')
      expect([status, objectsIn(stdout)]).toMatchObject([0, [{ receiver: 'cul', telegram: PLAIN }]])
    }
  })

  it('leaves out what is not asked for', { timeout: SLOW }, async () => {
    const telegrams = desk.write('hex.txt', `${PLAIN}\n${MODE_5}\n`)
    const shown = async (...options: string[]): Promise<string[]> => {
      const { stdout } = await here('listen', `hex:${telegrams}`, '--jsonl', ...options)
      return stdout.trim() === '' ? [] : objectsIn(stdout).map(({ telegram }) => telegram as string)
    }
    expect(await shown('--manufacturer', 'kam')).toEqual([MODE_5])
    expect(await shown('--type', 'WATER')).toEqual([PLAIN])
    expect(await shown('--filter', '0500')).toEqual([PLAIN])
    expect(await shown('--filter', 'nothing')).toEqual([])
  })

  it('plays what it printed back', { timeout: SLOW }, async () => {
    const lines = desk.write('hex.txt', `${PLAIN}\n${MODE_5}\n`)
    const { stdout } = await here('listen', `hex:${lines}`, '--jsonl')
    await here('--config', desk.file, 'meters', 'import', desk.write('meters.csv', 'meter\nAXI-05000001\n'), '--yes')
    const { stderr } = await here('--config', desk.file, 'replay', desk.write('capture.jsonl', stdout))
    expect(stderr).toMatch(/observation +1\n/)
    expect(stderr).toMatch(/unlisted +1\n/)
  })

  it.each([
    ['im871b:/dev/ttyUSB0', /"im871b" is no type of receiver; did you mean im871a\?/],
    ['/dev/ttyUSB0', /is no type of receiver/],
    ['hex:/no/such/file', /no such file or device/],
    ['hex:nowhere', /no such file or device/],
    ['hex:udp://nowhere', /cannot receive from "udp:\/\/nowhere"/],
    ['im871a:/dev/null:x9', /"x9" is no link mode: write some of s1, /],
    ['im871a:/dev/null:c1,s1', /im871a cannot hear c1,s1 at once: write one of t1 \| c1,t1 /],
    ['/dev/null:im871a:c1,s1', /im871a cannot hear c1,s1 at once/],
    ['im871a:c1,s1', /im871a cannot hear c1,s1 at once/],
    ['rtl_433:-:c1', /Link modes cannot be set for rtl_433/],
    ['im871a:udp://:1', /must be spoken to/],
    ['hex', /hex needs to be told where it comes from/],
    ['raw', /raw needs to be told where it comes from/],
    ['cmex:-:c1', /cmex cannot hear c1 at once: leave the link modes out/],
    ['auto:n1,s1', /No receiver can hear n1,s1 at once/],
  ])('%s: says what to write, exit status 2', async (source, expected) => {
    const { status, stdout, stderr } = await here('listen', source)
    expect(stderr).toMatch(expected)
    expect([status, stdout]).toEqual([2, ''])
  })
})

describe('listen to a stick', () => {
  let stick: Stick
  afterEach(() => stick.close())

  it('sets it to the link modes asked for, and ends with its counters at SIGINT', { timeout: SLOW }, async () => {
    stick = await openStick()
    stick.setFirmware(0x14)
    const { running, output, ended } = started([`im871a:${stick.path}:c1,t1`, '--jsonl'])
    await vi.waitFor(() => expect(stick.linkMode()).toBe(0x0a), WAIT)
    await stick.send(Uint8Array.from(Buffer.from(AXI, 'hex')), 141)
    await vi.waitFor(() => expect(output.stdout).toContain('\n'), WAIT)
    running.kill('SIGINT')
    const { status, stdout, stderr } = await ended
    expect(objectsIn(stdout)).toEqual([{ at: expect.any(String), receiver: 'im871a', rssi: -51.5, telegram: AXI }])
    expect(stderr).toMatch(/^1 telegram of 1 meter\nim871a: \d+ bytes, 0 skipped, 0 wrong checksums\n$/)
    expect(status).toBe(0)
  })

  it('finds one by asking, and none that is listened to already', { timeout: SLOW }, async () => {
    stick = await openStick()
    stick.setFirmware(0x14)
    const told: string[] = []
    const parts = { clock: systemClock('always'), log: silentLog, tape: null, deliver: () => {}, tell: (text: string) => told.push(text) }
    const listening = await startListening([parseSource(`auto:${stick.path}:c1`)], parts)
    await listening.stop()
    expect(stick.linkMode()).not.toBeNull()
    expect(told).toEqual([`Is there im871a on ${stick.path}?`])
    const both = [`auto:${stick.path}`, `im871a:${stick.path}`].map(parseSource)
    await expect(startListening(both, parts)).rejects.toThrow(/No receiver was found: this machine has no serial device that is free/)
    expect(told).toHaveLength(1)
  })

  it('that cannot hear them at once: an error', { timeout: SLOW }, async () => {
    stick = await openStick()
    const { status, stderr } = await child(['listen', `${stick.path}:im871a:c1,t1`])
    expect(stderr).toMatch(/iM871A firmware 13 cannot hear \[c1, t1\] at once \(firmware 14 can\)/)
    expect(status).toBe(2)
  })

  it('waits for one that is not there yet, and says what is the trouble', { timeout: SLOW }, async () => {
    stick = await openStick()
    stick.unplug()
    const { running, output, ended } = started([`im871a:/dev/..${stick.path}`])
    await vi.waitFor(() => expect(output.stderr).toMatch(/im871a: no such device: is it plugged in\?/), WAIT)
    await stick.plugIn()
    await vi.waitFor(() => expect(stick.linkMode()).not.toBeNull(), WAIT)
    running.kill('SIGTERM')
    expect((await ended).status).toBe(0)
  })
})

describe('listen on a terminal', () => {
  it('shows a table that is kept up to date', { timeout: SLOW }, async () => {
    const clients: Socket[] = []
    const server = createServer((socket) => clients.push(socket)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const at = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`
    const terminal = spawnOnTerminal(process.execPath, [program(), 'listen', `hex:${at}`, '--sort', 'type'], { cols: 120, rows: 12 })
    let output = ''
    const screen = (): string => output.slice(output.lastIndexOf('\x1b[0J'))
    terminal.onData((part) => {
      output += part
    })
    const ended = new Promise<number>((resolve) => terminal.onExit(({ exitCode }) => resolve(exitCode)))
    await vi.waitFor(() => expect(clients).toHaveLength(1), WAIT)
    clients[0]!.write(`${PLAIN}\n${MODE_5}\n`)
    await vi.waitFor(
      () =>
        expect(screen()).toMatch(
          /hex \(tcp.*\): receiving, 2 telegrams\r\n\r\nMETER +TYPE.*\r\nKAM-71000042 +heat +.*\r\nAXI-05000001 +water/,
        ),
      WAIT,
    )
    clients[0]!.write(`${CTR}\n`)
    await vi.waitFor(() => expect(screen()).toMatch(/KAM-71000042 +heat +– +– +AES-CTR +2 +\d s ago/), WAIT)
    terminal.write('\x03')
    expect(await ended).toBe(0)
    expect(output).toMatch(/3 telegrams of 2 meters\r\nhex: \d+ bytes/)
    expect(screen()).toMatch(/hex \(tcp.*\): receiving, 3 telegrams\r\n/)
    for (const client of clients) client.destroy()
    server.close()
  })
})
