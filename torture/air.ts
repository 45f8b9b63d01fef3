/** Meters on the air, and a mast that hands what it hears to whoever is connected, as lines of hex. */
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { hexOf } from '../test/support/telegrams.ts'
import type { MeterOnAir } from '../test/system/meters.ts'
import { askStatus, received, statusComes } from './control.ts'

export interface Mast {
  readonly at: string
  listeners(): number
  /** What these meters send at a moment; resolves once it is written out. */
  hear(meters: readonly MeterOnAir[], utcMs: number): Promise<void>
  /** Lines of hex, as they were. */
  say(lines: readonly string[]): Promise<void>
  close(): void
}

export const openMast = async (): Promise<Mast> => {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const say = async (lines: readonly string[]): Promise<void> => {
    const text = lines.map((line) => `${line}\n`).join('')
    await Promise.all([...sockets].map((socket) => new Promise<void>((written) => void socket.write(text, () => written()))))
  }
  return {
    at: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    listeners: () => sockets.size,
    hear: (meters, utcMs) => say(meters.map((meter) => hexOf(meter.telegram(utcMs)))),
    say,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Says them and waits until a daemon, by its control socket, has dealt with every one. */
export const sayAndWait = async (mast: Mast, socket: string, lines: readonly string[]): Promise<void> => {
  const before = received(await askStatus(socket))
  await mast.say(lines)
  const heard = await statusComes(socket, 60_000, (status) => received(status) >= before + lines.length)
  if (!heard) throw new Error('not every telegram was heard within a minute')
}

/** The same with what these meters send at a moment. */
export const hearAndWait = (mast: Mast, socket: string, meters: readonly MeterOnAir[], utcMs: number): Promise<void> =>
  sayAndWait(
    mast,
    socket,
    meters.map((meter) => hexOf(meter.telegram(utcMs))),
  )
