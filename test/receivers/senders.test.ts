import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect as connectTcp, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectMqtt } from 'mqtt'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { scaledClock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import { buildReceiver, type ReceiverSpec } from '../../src/receivers/build.ts'
import { filePort } from '../../src/receivers/ports/file.ts'
import type { Receiver } from '../../src/receivers/receiver.ts'
import type { Telegram } from '../../src/wmbus/telegram.ts'
import { freePort } from '../support/broker.ts'
import { startAedes } from '../support/broker-aedes.ts'
import { hasMosquitto, mosquittoTitle, startMosquitto } from '../support/broker-mosquitto.ts'
import { hexOf, IM871A_FRAMES } from './vectors.ts'

const WAIT = { timeout: 15_000, interval: 5 }
const [A, B, C] = IM871A_FRAMES.map(({ telegram }) => telegram) as [string, string, string]
const clock = scaledClock(10, Date.UTC(2026, 10, 24))

let heard: Telegram[]
let receiver: Receiver
const hexes = (): string[] => heard.map(({ bytes }) => hexOf(bytes))
const start = (spec: Pick<ReceiverSpec, 'use' | 'at'> & Partial<ReceiverSpec>): Promise<void> => {
  receiver = buildReceiver({ name: 'roof', ...spec }, { clock, log: silentLog })
  return receiver.start((telegram) => heard.push(telegram))
}
const hears = (...telegrams: string[]): Promise<void> => vi.waitFor(() => expect(hexes()).toEqual(telegrams), WAIT)
const isIn = (state: string, trouble: RegExp | null = null): Promise<void> =>
  vi.waitFor(
    () => expect(receiver.health()).toMatchObject({ state, trouble: trouble === null ? null : expect.stringMatching(trouble) }),
    WAIT,
  )

beforeEach(() => {
  heard = []
})
afterEach(() => receiver.stop())

describe('a TCP listener', () => {
  let port: number
  const sockets: Socket[] = []
  const client = async (): Promise<Socket> => {
    const socket = connectTcp(port, '127.0.0.1').on('error', () => {})
    sockets.push(socket)
    await once(socket, 'connect')
    return socket
  }
  beforeEach(async () => {
    port = await freePort()
    await start({ use: 'hex', at: `tcp-listen://:${port}` })
  })
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy()
  })

  it('is on loopback unless told otherwise, and reads every connection for itself', async () => {
    const [first, second] = [await client(), await client()]
    first.write(A.slice(0, 20))
    await vi.waitFor(() => expect(receiver.health().bytes).toBe(20), WAIT)
    second.write(`${B}\n`)
    await hears(B)
    first.write(`${A.slice(20)}\n`)
    await hears(B, A)
    expect(receiver.health()).toMatchObject({ state: 'receiving', telegrams: 2, skipped: 0, dropped: 0, reopened: 0 })
    expect(receiver.health().lastTelegramMs).toBe(heard[1]!.heard.monotonicMs)
  })

  it('counts for ever, whoever has gone', async () => {
    const socket = await client()
    socket.end(`noise\n${A}\n`)
    await once(socket, 'close')
    await vi.waitFor(() => expect(receiver.health()).toMatchObject({ telegrams: 1, skipped: 6 }), WAIT)
    const torn = await client()
    torn.write(`${B.slice(0, 30)}`)
    await vi.waitFor(() => expect(receiver.health().bytes).toBe(A.length + 7 + 30), WAIT)
    torn.resetAndDestroy()
    const next = await client()
    next.write(`${C}\n`)
    await hears(A, C)
  })

  it('takes sixteen connections; one beyond is closed and counted', async () => {
    for (let i = 0; i < 16; i++) await client()
    const beyond = await client()
    beyond.write(`${B}\n`)
    await once(beyond, 'close')
    expect(receiver.health().dropped).toBe(1)
    sockets[0]!.write(`${A}\n`)
    await hears(A)
  })

  it('says that its port is taken, and takes it once it is free', async () => {
    const other = receiver
    await start({ use: 'hex', at: `tcp-listen://127.0.0.1:${port}` })
    await isIn('waiting', /another program listens there/)
    await other.stop()
    await isIn('receiving')
  })

  it('closes every connection at its stop', async () => {
    const socket = await client()
    const closed = once(socket, 'close')
    await receiver.stop()
    await closed
    expect(receiver.health().state).toBe('closed')
  })
})

describe('a UDP port', () => {
  const sender = createSocket('udp4')
  const send = (port: number, text: string): Promise<void> =>
    new Promise((resolve) => sender.send(text, port, '127.0.0.1', () => resolve()))

  it('reads a datagram as whole lines, with a line feed at its end or without', async () => {
    const port = await freePort()
    await start({ use: 'rtl_wmbus', at: `udp://127.0.0.1:${port}` })
    const line = (hex: string): string => `T1;1;1;2026-01-01 00:00:00.00Z;-70;;;0x${hex}`
    await send(port, line(A))
    await send(port, line(B).slice(0, 40))
    await send(port, `${line(B)}\n${line(C)}\n`)
    await hears(A, B, C)
    expect(heard[0]).toMatchObject({ rssi: -70, mode: 't1', receiver: 'roof' })
    expect(receiver.health()).toMatchObject({ telegrams: 3, skipped: 41, dropped: 0 })
  })

  it('counts what the system dropped while nobody fetched it', async () => {
    const port = await freePort()
    await start({ use: 'hex', at: `udp://127.0.0.1:${port}` })
    const most = 40_000
    // A sender of its own, so that this process can be busy meanwhile.
    const flood = `const s = require('dgram').createSocket('udp4'); let n = 0
      const next = () => n++ < ${most} ? s.send('${A}', ${port}, '127.0.0.1', next) : s.close(); next()`
    const flooding = spawn(process.execPath, ['-e', flood], { stdio: 'ignore' })
    const ended = once(flooding, 'close')
    while (flooding.exitCode === null) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000)
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 1))])
    }
    await vi.waitFor(() => expect(heard.length + receiver.health().dropped!).toBe(most), WAIT)
    expect(receiver.health().dropped).toBeGreaterThan(0)
  })
})

describe('a program', () => {
  it('is started again after it ended, and its last words are told', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'program-'))
    const program = join(directory, 'sdr.sh')
    await writeFile(program, `echo 'usb_claim_interface error -6' >&2; echo 'Failed to open device' >&2; exit 3`)
    await start({ use: 'hex', at: `exec:sh ${program}` })
    await isIn('waiting', /ended with status 3: usb_claim_interface error -6 \| Failed to open device/)
    await writeFile(program, `echo ${A}; exec sleep 100`)
    await hears(A)
    await isIn('receiving')
    expect(receiver.health().reopened).toBeGreaterThan(0)
    await rm(directory, { recursive: true })
  })

  it('that is not there is told so', async () => {
    await start({ use: 'hex', at: 'exec:no-such-program -x' })
    await isIn('waiting', /no such program: is it installed/)
  })

  it('ends with all it started, whatever signals they ignore', async () => {
    const mark = `mark-${process.pid}`
    const running = async (): Promise<boolean> => (await once(spawn('pgrep', ['-f', mark]), 'close'))[0] === 0
    await start({ use: 'hex', at: `exec:sh -c 'trap "" TERM; echo ready; while :; do sleep 0.1; done' ${mark} | cat` })
    await vi.waitFor(() => expect(receiver.health().bytes).toBeGreaterThan(0), WAIT)
    expect(await running()).toBe(true)
    await receiver.stop()
    expect(await running()).toBe(false)
  })

  it('in front of another is one receiver', async () => {
    await start({ use: 'hex', at: `exec:printf '${A}\\n${B}\\n' | tac` })
    await vi.waitFor(() => expect(hexes().slice(0, 2)).toEqual([B, A]), WAIT)
  })
})

describe('a topic', () => {
  const publish = async (port: number, topic: string, payload: string, retain = false): Promise<void> => {
    const client = connectMqtt(`mqtt://127.0.0.1:${port}`)
    await new Promise<void>((resolve) => client.publish(topic, payload, { qos: 1, retain }, () => resolve()))
    await client.endAsync()
  }

  it.skipIf(!hasMosquitto)(`of ${mosquittoTitle}: reads messages, not what was retained, and survives the broker`, async () => {
    const broker = await startMosquitto()
    await publish(broker.port, 'roof/wmbus', C, true)
    await start({ use: 'hex', at: `mqtt://127.0.0.1:${broker.port}/roof/+` })
    await publish(broker.port, 'roof/wmbus', `0x${A}`)
    await hears(A)
    await broker.restart()
    await vi.waitFor(() => expect(receiver.health().reopened).toBeGreaterThan(0), WAIT)
    await isIn('receiving')
    await publish(broker.port, 'roof/other', `${B}\n`)
    await hears(A, B)
    await receiver.stop()
    await broker.stop()
  })

  it('of a broker that speaks MQTT 3.1.1 only', async () => {
    const broker = await startAedes()
    await start({ use: 'hex', at: `mqtt://127.0.0.1:${broker.port}/roof/wmbus` })
    await publish(broker.port, 'roof/wmbus', A)
    await publish(broker.port, 'roof/wmbus', 'ab'.repeat(5000))
    await publish(broker.port, 'roof/wmbus', B)
    await hears(A, B)
    await receiver.stop()
    await broker.stop()
  })

  it.skipIf(!hasMosquitto)(`of ${mosquittoTitle} that asks for a password`, async () => {
    const broker = await startMosquitto({ lines: ['allow_anonymous false'] })
    await start({ use: 'hex', at: `mqtt://127.0.0.1:${broker.port}/roof` })
    await isIn('waiting', /lets this user not in/)
    await receiver.stop()
    await broker.stop()
  })

  it('without a broker, or a password file, is told what to try', async () => {
    await start({ use: 'hex', at: 'mqtt://127.0.0.1:1/roof' })
    await isIn('waiting', /is the broker running/)
    await receiver.stop()
    await start({ use: 'hex', at: 'mqtt://127.0.0.1:1/roof', user: 'box', passwordFile: '/no/such/file' })
    await isIn('waiting', /cannot be read/)
  })
})

describe('a file', () => {
  it('is read to its end, which is the receiver’s', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'file-'))
    const file = join(directory, 'lines.txt')
    await writeFile(file, `${A}\nnoise\n${B}`)
    receiver = buildReceiver({ name: 'file', use: 'hex', at: file }, { clock, log: silentLog, recorded: filePort(file) })
    await receiver.start((telegram) => heard.push(telegram))
    await isIn('ended')
    expect(hexes()).toEqual([A, B])
    await rm(directory, { recursive: true })
  })

  it('of a stick’s bytes needs no stick', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'file-'))
    const file = join(directory, 'stick.bin')
    await writeFile(file, Buffer.from(IM871A_FRAMES.map(({ frame }) => frame).join(''), 'hex'))
    receiver = buildReceiver({ name: 'file', use: 'im871a', at: file }, { clock, log: silentLog, recorded: filePort(file) })
    await receiver.start((telegram) => heard.push(telegram))
    await isIn('ended')
    expect(hexes()).toEqual(IM871A_FRAMES.map(({ telegram }) => telegram))
    await rm(directory, { recursive: true })
  })
})

describe('a stick', () => {
  it.each(['stdin', 'udp://:1', 'tcp-listen://:1', 'mqtt://host/topic', 'exec:cat'])('cannot be spoken to over %s', (at) => {
    expect(() => buildReceiver({ name: 'mast', use: 'im871a', at }, { clock, log: silentLog })).toThrow(/must be spoken to/)
  })

  it('is not given a password to repeat', () => {
    expect(() => buildReceiver({ name: 'mast', use: 'hex', at: 'mqtt://me:secret@host/t' }, { clock, log: silentLog })).toThrow(
      /^(?!.*secret).*give a device path/,
    )
  })
})
