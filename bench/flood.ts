/**
 * 5,000 telegrams a second over TCP and, at the same time, a stick on a pseudo terminal at the full pace of 115,200 baud, into a gateway
 * in another process; then UDP as fast as it can be sent, for what cannot be heard any more must at least be counted. A process of its
 * own, told for how many seconds.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { openStick, type Stick, telegramFrame } from '../demo/im871a-stick.ts'
import { meterName } from '../src/wmbus/address.ts'
import { address, frame } from '../src/wmbus/decode.ts'
import { freePort } from '../test/support/broker.ts'
import type { Flooded, FloodedBy } from './flooded.ts'
import { type Sample, samples } from './telegrams.ts'

const PER_SECOND = 5_000
/** 115,200 baud, ten bits a byte. */
const BYTES_PER_SECOND = 11_520
/** A line does not catch up where this process was late. */
const MOST_BYTES_AT_ONCE = 256
const METERS = 1_000
const TICK_MS = 10
/** Longer than a telegram counts as the same one again. */
const DIFFERENT_S = 31
const UDP_AT_ONCE = 200_000

export interface FloodResult {
  readonly seconds: number
  readonly tcp: Fed
  readonly pty: Fed
  readonly delayP99Ms: number
  readonly delayMaxMs: number
  readonly rssBytes: number
  readonly udp: Fed & { readonly counted: number }
}

interface Fed {
  readonly sent: number
  readonly heard: number
}

const meterOf = ({ bytes }: Sample): string => meterName(address(frame(bytes, 'stripped')).dll!.address!)
const hexLine = ({ bytes }: Sample): string => `${Buffer.from(bytes).toString('hex')}\n`

/** Calls `send` with how many more of `perSecond` are due until the time is over. `most` at once: what cannot be hurried takes longer. */
async function pacing(seconds: number, perSecond: number, most: number, send: (due: number) => Promise<void> | void): Promise<void> {
  const all = seconds * perSecond
  let startMs = performance.now()
  for (let done = 0; done < all; ) {
    const due = Math.min(Math.floor(((performance.now() - startMs) / 1000) * perSecond), all) - done
    if (due > most) startMs += ((due - most) / perSecond) * 1000
    const now = Math.min(due, most)
    if (now > 0) await send(now)
    done += now
    await sleep(TICK_MS)
  }
}

async function overTcp(socket: Socket, lines: readonly string[], seconds: number): Promise<number> {
  let sent = 0
  await pacing(seconds, PER_SECOND, Number.POSITIVE_INFINITY, async (due) => {
    const chunk = Array.from({ length: due }, () => lines[sent++ % lines.length]!).join('')
    if (!socket.write(chunk)) await once(socket, 'drain')
  })
  return sent
}

/** A UART does not wait: what the terminal has no room for is left out, and counts as sent all the same. Frames that were sent whole. */
async function overPty(stick: Stick, frames: readonly Uint8Array[], seconds: number): Promise<number> {
  const stream = Buffer.concat(frames)
  let at = 0
  let hasRoom = true
  await pacing(seconds, BYTES_PER_SECOND, MOST_BYTES_AT_ONCE, (due) => {
    const slice = Uint8Array.from({ length: due }, (_, i) => stream[(at + i) % stream.length]!)
    at += due
    if (!hasRoom) return
    hasRoom = false
    void stick.raw(slice).then(() => {
      hasRoom = true
    })
  })
  const rest = at % stream.length
  let [whole, end] = [0, 0]
  for (const { length } of frames) {
    end += length
    if (end <= rest) whole++
  }
  return Math.floor(at / stream.length) * frames.length + whole
}

const told = async (child: ChildProcess, message: object): Promise<Flooded> => {
  const answer = once(child, 'message')
  child.send(message)
  return (await answer)[0]
}

/** Once nothing more comes in. */
async function settled(child: ChildProcess): Promise<Flooded> {
  let before = -1
  for (;;) {
    await sleep(500)
    const now = await told(child, {})
    const bytes = now.receivers.reduce((sum, receiver) => sum + receiver.bytes, 0)
    if (bytes === before) return now
    before = bytes
  }
}

async function overUdp(port: number, lines: readonly string[]): Promise<number> {
  const socket = createSocket('udp4')
  for (let n = 0; n < UDP_AT_ONCE; n++)
    await new Promise<void>((sent) => socket.send(lines[n % lines.length]!, port, '127.0.0.1', () => sent()))
  socket.close()
  return UDP_AT_ONCE
}

async function benchFlood(seconds: number): Promise<FloodResult> {
  const list = samples('mode 5', PER_SECOND * Math.min(seconds, DIFFERENT_S), METERS)
  const lines = list.map(hexLine)
  const frames = samples('plain', 200).map(({ bytes }) => telegramFrame(bytes, 100))
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const connected = once(server, 'connection')
  const stick = await openStick()
  stick.setFirmware(0x14)
  const udpPort = await freePort()
  const child = fork(new URL('flooded.ts', import.meta.url))
  await told(child, {
    receivers: [
      { name: 'tcp', use: 'hex', at: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}` },
      { name: 'pty', use: 'im871a', at: stick.path },
      { name: 'udp', use: 'hex', at: `udp://127.0.0.1:${udpPort}` },
    ],
    meters: list.slice(0, METERS).map((sample) => [meterOf(sample), Buffer.from(sample.key!.bytes).toString('hex')]),
  } satisfies FloodedBy)
  const [socket] = (await connected) as [Socket]
  const [tcp, pty] = await Promise.all([overTcp(socket, lines, seconds), overPty(stick, frames, seconds)])
  const flooded = await told(child, {})
  const [tcpHeard, ptyHeard] = (await settled(child)).receivers.map(({ telegrams }) => telegrams) as [number, number]
  const udp = await overUdp(udpPort, lines)
  const [, , last] = (await settled(child)).receivers
  child.disconnect()
  await once(child, 'exit')
  socket.destroy()
  server.close()
  stick.close()
  const { delayP99Ms, delayMaxMs, rssBytes } = flooded
  return {
    seconds,
    ...{ tcp: { sent: tcp, heard: tcpHeard }, pty: { sent: pty, heard: ptyHeard } },
    ...{ delayP99Ms, delayMaxMs, rssBytes },
    udp: { sent: udp, heard: last!.telegrams, counted: last!.dropped ?? 0 },
  }
}

const result = await benchFlood(Number(process.argv[2] ?? 60))
if (process.send) process.send(result)
else console.log(JSON.stringify(result, null, 2))
