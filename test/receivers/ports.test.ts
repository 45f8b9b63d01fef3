import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { framed } from '../../demo/im871a-stick.ts'
import { manualClock, scaledClock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import { buildReceiver, type ReceiverSpec } from '../../src/receivers/build.ts'
import { serialTrouble } from '../../src/receivers/ports/serial.ts'
import type { Receiver } from '../../src/receivers/receiver.ts'
import type { Telegram } from '../../src/wmbus/telegram.ts'
import { compiled } from '../support/compiled.ts'
import { bytesOf, hexOf, IM871A_FRAMES } from './vectors.ts'

const WAIT = { timeout: 15_000, interval: 5 }
const HEX = IM871A_FRAMES[2]!.telegram

describe('a receiver over TCP', () => {
  const clock = scaledClock(10, Date.UTC(2026, 10, 24))
  let server: Server
  let clients: Socket[]
  let asked: string
  let heard: Telegram[]
  let receiver: Receiver

  /** Answers as ser2net in front of a stick would. */
  const answer = (socket: Socket, request: string): void => {
    asked += request
    if (request === 'a5010f00') socket.write(framed(0x81, 0x10, 8, 0x33, 0, 0x14, 1, 0xf1, 0x3a, 0, 0))
    if (request === 'a5010500') socket.write(bytesOf('A5810617FF000700B32512351000010001FF07023200010000000063C9'))
    if (request.startsWith('a5010306')) socket.write(bytesOf('A58104009CF7'))
  }
  const listen = async (port = 0): Promise<number> => {
    server = createServer((socket) => {
      clients.push(socket)
      socket.on('error', () => {}).on('data', (bytes) => answer(socket, hexOf(bytes)))
    })
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }
  const hangUp = async (): Promise<void> => {
    for (const client of clients.splice(0)) client.destroy()
    server.close()
    await once(server, 'close')
  }
  const start = (spec: Pick<ReceiverSpec, 'use' | 'at'>): Promise<void> => {
    receiver = buildReceiver({ name: 'roof', ...spec }, { clock, log: silentLog })
    return receiver.start((telegram) => heard.push(telegram))
  }
  const hears = (...telegrams: string[]): Promise<void> =>
    vi.waitFor(() => expect(heard.map((t) => hexOf(t.bytes))).toEqual(telegrams), WAIT)
  const reaches = (state: string): Promise<void> => vi.waitFor(() => expect(receiver.health().state).toBe(state), WAIT)

  beforeEach(() => {
    clients = []
    asked = ''
    heard = []
  })
  afterEach(async () => {
    await receiver.stop()
    if (server.listening) await hangUp()
  })

  it('reads lines cut anywhere, and comes back after the other side was away', async () => {
    const port = await listen()
    await start({ use: 'hex', at: `tcp://127.0.0.1:${port}` })
    await vi.waitFor(() => expect(clients).toHaveLength(1), WAIT)
    clients[0]!.write(HEX.slice(0, 11))
    clients[0]!.write(`${HEX.slice(11)}\nab`)
    await hears(HEX)
    await hangUp()
    await reaches('waiting')
    expect(receiver.health().trouble).toMatch(/the other side/)
    await vi.waitFor(() => expect(receiver.health().trouble).toMatch(/nothing listens there/), WAIT)
    await listen(port)
    await reaches('receiving')
    await vi.waitFor(() => expect(clients).toHaveLength(1), WAIT)
    clients[0]!.write(`${HEX}\n`)
    await hears(HEX, HEX)
    expect(receiver.health()).toMatchObject({ trouble: null, reopened: 1, skipped: 0 })
  })

  it('sets up a stick behind it, anew after every opening', async () => {
    const port = await listen()
    await start({ use: 'im871a', at: `tcp://127.0.0.1:${port}` })
    expect(receiver.health().state).toBe('receiving')
    clients[0]!.destroy()
    await vi.waitFor(() => expect(receiver.health().reopened).toBe(1), WAIT)
    clients[1]!.write(bytesOf(IM871A_FRAMES[2]!.frame))
    await hears(HEX)
    expect(asked).toBe('a5010f00a5010500a501030600020a300100'.repeat(2))
  })

  it.each([
    ['tcp://127.0.0.1:1', /nothing listens there/],
    ['tcp://no-such-host.invalid:9000', /no such host|cannot be looked up/],
  ])('%s: says what to try', async (at, trouble) => {
    await start({ use: 'hex', at })
    expect(receiver.health()).toMatchObject({ state: 'waiting', trouble: expect.stringMatching(trouble) })
  })

  it('can be stopped while it connects', async () => {
    // TEST-NET-1 (RFC 5737): nobody answers.
    const starting = start({ use: 'hex', at: 'tcp://192.0.2.1:9000' })
    await receiver.stop()
    await starting
    expect(receiver.health().state).toBe('closed')
  })
})

describe('a receiver on standard input', () => {
  const source = (path: string): string => compiled(new URL(`../../src/${path}`, import.meta.url))
  const program = (): string => `
    import { systemClock } from '${source('clock.ts')}'
    import { silentLog } from '${source('log.ts')}'
    import { buildReceiver } from '${source('receivers/build.ts')}'
    const receiver = buildReceiver({ name: 'pipe', use: process.argv[1], at: 'stdin' }, { clock: systemClock(), log: silentLog })
    await receiver.start((telegram) => console.log(Buffer.from(telegram.bytes).toString('hex')))
    process.stdin.once('end', () => setImmediate(() => console.log(receiver.health().state)))
  `
  const run = async (use: string, chunks: readonly string[]): Promise<string[]> => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program(), use], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.on('data', (bytes) => {
      output += bytes
    })
    for (const chunk of chunks) child.stdin.write(chunk)
    child.stdin.end()
    await once(child, 'close')
    return output.trim().split('\n')
  }

  it('reads to the end, then says that it has ended and lets the program end', async () => {
    expect(await run('hex', [`0x${HEX}\n${HEX.slice(0, 10)}`, `${HEX.slice(10)}\nnoise\n${HEX}`])).toEqual([HEX, HEX, HEX, 'ended'])
  })

  it('reads what rtl_wmbus pipes in', async () => {
    const line = `T1;1;1;2026-11-24 03:21:02.598329;117;149;05158278;0x${HEX}\n`
    expect(await run('rtl_wmbus', [line, line.replace('T1;1', 'T1;0')])).toEqual([HEX, 'ended'])
  })
})

describe('where a receiver can be', () => {
  const build = (use: ReceiverSpec['use'], at: string): Receiver =>
    buildReceiver({ name: 'mast', use, at }, { clock: manualClock(null), log: silentLog })

  it('is told at once where it cannot work', () => {
    expect(() => build('im871a', 'stdin')).toThrow(/mast: im871a must be spoken to.*give a device path/)
    for (const at of ['', 'ttyUSB0', 'tcp://host', 'tcp://:1']) expect(() => build('hex', at)).toThrow(/give a device path/)
  })

  it('is closed until it is started', () => {
    expect(build('hex', '/dev/ttyUSB9').health()).toMatchObject({ state: 'closed', telegrams: 0, lastTelegramMs: null })
  })
})

describe('a serial port that cannot be opened', () => {
  it.each([
    ['Error: No such file or directory, cannot open', /is it plugged in/],
    ['Error: Permission denied, cannot open', /group dialout/],
    ['Error Resource temporarily unavailable Cannot lock port', /ModemManager/],
    ['Error: Device or resource busy, cannot open', /ModemManager/],
    ['something new', /something new/],
  ])('%s', (said, expected) => {
    expect(serialTrouble(new Error(said))).toMatch(expected)
  })

  it('is said to be no serial port where it is a file', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'port-'))
    const file = join(directory, 'file')
    writeFileSync(file, '')
    const receiver = buildReceiver({ name: 'mast', use: 'hex', at: file }, { clock: scaledClock(10, 0), log: silentLog })
    await receiver.start(() => {})
    expect(receiver.health()).toMatchObject({ state: 'waiting', trouble: expect.stringMatching(/not a serial port/) })
    await receiver.stop()
    await rm(directory, { recursive: true })
  })
})
