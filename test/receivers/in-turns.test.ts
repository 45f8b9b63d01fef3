import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { expect, it } from 'vitest'
import { inTurns } from '../../src/receivers/in-turns.ts'

it('takes one piece per turn, however much is waiting, and all of it', async () => {
  const sent = Buffer.alloc(8 * 1024 * 1024, 7)
  const server = createServer((socket) => socket.end(sent)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  let [received, pieces, most] = [0, 0, 0]
  let over = false
  const turn = (): void => {
    most = Math.max(most, pieces)
    pieces = 0
    if (!over) setImmediate(turn)
  }
  setImmediate(turn)
  inTurns(socket, (bytes) => {
    received += bytes.length
    pieces++
    // Slower than the sender: there is always more waiting.
    for (const endMs = performance.now() + 1; performance.now() < endMs; );
  })
  await once(socket, 'close')
  over = true
  server.close()
  expect([received, most]).toEqual([sent.length, 1])
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
