import { type AddressInfo, createServer, type Socket } from 'node:net'

/** A TCP server on a free port of loopback. */
export interface Loopback {
  readonly port: number
  /** Those that are connected now. */
  readonly sockets: ReadonlySet<Socket>
  close(): Promise<void>
}

export const loopback = async (accept: (socket: Socket) => void = () => {}): Promise<Loopback> => {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    accept(socket)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
