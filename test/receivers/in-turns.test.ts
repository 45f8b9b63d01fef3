import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { expect, it, vi } from 'vitest'
import { inTurns } from '../../src/receivers/ports/in-turns.ts'

it('takes one small piece per turn, however much is waiting, and all of it', async () => {
  const sent = Buffer.alloc(1024 * 1024)
  for (let i = 0; i < sent.length; i += 4) sent.writeUInt32LE(i, i)
  const server = createServer((socket) => void socket.on('error', () => {}).write(sent)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const received: Buffer[] = []
  let [bytesOfTurn, most] = [0, 0]
  let over = false
  const turn = (): void => {
    most = Math.max(most, bytesOfTurn)
    bytesOfTurn = 0
    if (!over) setImmediate(turn)
  }
  setImmediate(turn)
  inTurns(socket, (bytes) => {
    received.push(Buffer.from(bytes))
    bytesOfTurn += bytes.length
    // Slower than the sender: there is always more waiting.
    for (const endMs = performance.now() + 1; performance.now() < endMs; );
  })
  await vi.waitFor(() => expect(received.reduce((sum, { length }) => sum + length, 0)).toBe(sent.length), { timeout: 15_000 })
  over = true
  socket.destroy()
  server.close()
  expect(most).toBe(4096)
  expect(Buffer.concat(received).equals(sent)).toBe(true)
})

it('takes what is left when the source has ended', async () => {
  const sent = Buffer.alloc(200_000, 7)
  const server = createServer((socket) => socket.end(sent)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  let received = 0
  inTurns(socket, ({ length }) => {
    received += length
  })
  await once(socket, 'close')
  server.close()
  expect(received).toBe(sent.length)
})

it('leaves off at once', async () => {
  const server = createServer((socket) => socket.on('error', () => {}).write('one')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const heard: string[] = []
  await new Promise<void>((first) => {
    const leaveOff = inTurns(socket, (bytes) => {
      heard.push(Buffer.from(bytes).toString())
      leaveOff()
      first()
    })
  })
  await new Promise((resolve) => setImmediate(resolve))
  expect([heard, socket.isPaused(), socket.listenerCount('data')]).toEqual([['one'], true, 0])
  socket.destroy()
  server.close()
})
