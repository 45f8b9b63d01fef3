/** Meters on the air, and a mast that hands what it hears to whoever is connected, as lines of hex. */
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { hexOf } from '../test/support/telegrams.ts'
import type { MeterOnAir } from '../test/system/meters.ts'
import { askStatus, received, statusComes } from './control.ts'

export interface Mast {
  readonly at: string
  listeners(): number
  /** How many have left: a daemon that takes a jump of the days for silence opens its receiver anew. */
  left(): number
  /** What these meters send at a moment; resolves once it is written out. */
  hear(meters: readonly MeterOnAir[], utcMs: number): Promise<void>
  /** Lines of hex, as they were. */
  say(lines: readonly string[]): Promise<void>
  close(): void
}

export const openMast = async (): Promise<Mast> => {
  const sockets = new Set<Socket>()
  let left = 0
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      sockets.delete(socket)
      left++
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const say = async (lines: readonly string[]): Promise<void> => {
    const text = lines.map((line) => `${line}\n`).join('')
    await Promise.all([...sockets].map((socket) => new Promise<void>((written) => void socket.write(text, () => written()))))
  }
  return {
    at: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    listeners: () => sockets.size,
    left: () => left,
    hear: (meters, utcMs) => say(meters.map((meter) => hexOf(meter.telegram(utcMs)))),
    say,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Says them and waits until a daemon, by its control socket, has dealt with every one; again where it left meanwhile. */
export const sayAndWait = async (mast: Mast, socket: string, lines: readonly string[]): Promise<void> => {
  const untilMs = Date.now() + 60_000
  const before = received(await askStatus(socket))
  let isHeard = false
  while (!isHeard && Date.now() < untilMs) {
    if (mast.listeners() === 0) {
      await sleep(30)
      continue
    }
    const left = mast.left()
    await mast.say(lines)
    await statusComes(socket, untilMs - Date.now(), (status) => {
      isHeard = received(status) >= before + lines.length
      return isHeard || mast.left() !== left
    })
  }
  if (!isHeard) throw new Error('not every telegram was heard within a minute')
}

/** The same with what these meters send at a moment. */
export const hearAndWait = (mast: Mast, socket: string, meters: readonly MeterOnAir[], utcMs: number): Promise<void> =>
  sayAndWait(
    mast,
    socket,
    meters.map((meter) => hexOf(meter.telegram(utcMs))),
  )
