import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { scaledClock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import { buildReceiver } from '../../src/receivers/build.ts'
import type { Receiver } from '../../src/receivers/receiver.ts'
import { decode } from '../../src/wmbus/decode.ts'
import type { Telegram } from '../../src/wmbus/telegram.ts'
import { answering, type Emulator } from './emulators/emulator.ts'
import { KINDS } from './emulators/kinds.ts'
import { bytesOf, hexOf, IM871A_FRAMES } from './vectors.ts'

const WAIT = { timeout: 15_000, interval: 5 }
const TELEGRAMS = IM871A_FRAMES.slice(2).map(({ telegram }) => telegram)

/** As ser2net in front of the stick would pass it on: the stick keeps its settings, connections come and go. */
describe.each(KINDS)('$use behind tcp://', ({ use, emulate }) => {
  const clock = scaledClock(10, Date.UTC(2026, 10, 24))
  let emulator: Emulator
  let server: Server
  let clients: Socket[]
  let receiver: Receiver
  let heard: Telegram[]
  const hears = (telegrams: readonly string[]): Promise<void> =>
    vi.waitFor(() => expect(heard.map(({ bytes, crc }) => hexOf(decode(bytes, crc, null).bytes))).toEqual(telegrams), WAIT)

  /** The last word of its dialogue may still be on the way when it counts as receiving. */
  const isDone = (connections: number): Promise<void> =>
    vi.waitFor(() => {
      expect(clients).toHaveLength(connections)
      expect(emulator.telegram(bytesOf(TELEGRAMS[0]!))).not.toHaveLength(0)
    }, WAIT)

  beforeEach(async () => {
    emulator = emulate()
    clients = []
    heard = []
    server = createServer((socket) => {
      const answer = answering(emulator)
      clients.push(socket)
      socket.on('error', () => {}).on('data', (bytes) => socket.write(answer(bytes)))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const at = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`
    receiver = buildReceiver({ name: 'roof', use, at }, { clock, log: silentLog })
    await receiver.start((telegram) => heard.push(telegram))
  })
  afterEach(async () => {
    await receiver.stop()
    for (const client of clients) client.destroy()
    server.close()
  })

  it('is set up, hears, and is set up anew after the line was cut within a telegram', { timeout: 60_000 }, async () => {
    expect(receiver.health()).toMatchObject({ state: 'receiving', trouble: null })
    await isDone(1)
    for (const telegram of TELEGRAMS) clients[0]!.write(emulator.telegram(bytesOf(telegram)))
    await hears(TELEGRAMS)
    clients[0]!.write(emulator.telegram(bytesOf(TELEGRAMS[0]!)).subarray(0, 9))
    clients[0]!.destroy()
    await vi.waitFor(() => expect(receiver.health()).toMatchObject({ state: 'receiving', reopened: 1 }), { ...WAIT, timeout: 30_000 })
    await isDone(2)
    clients.at(-1)!.write(emulator.telegram(bytesOf(TELEGRAMS[0]!)))
    await hears([...TELEGRAMS, TELEGRAMS[0]!])
  })
})
