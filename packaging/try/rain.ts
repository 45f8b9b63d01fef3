/**
 * Inside the box: a flood of telegrams from a TCP port, as lines of hex, for so many seconds. The list of the meters, with their keys, is
 * written to the file given; it begins when somebody connects, and how many telegrams it was is said at its end.
 */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { hexOf } from '../../test/support/telegrams.ts'
import { floodFrom } from '../../test/system/flood.ts'

const [list, port, seconds] = process.argv.slice(2) as [string, string, string]
const { meters, pour } = floodFrom(Date.now())
const rows = meters.map(({ meter, key }) => `${meter};${key === null ? '' : hexOf(key)}`)
writeFileSync(list, `${['meter;key', ...rows].join('\n')}\n`, { mode: 0o600 })

const server = createServer().listen(Number(port), '127.0.0.1')
const [socket] = (await once(server, 'connection')) as [Socket]
const { sent, tookS } = await pour(Number(seconds), async (lines) => {
  if (!socket.write(`${lines.join('\n')}\n`)) await once(socket, 'drain')
})
// The line stays open, as the port is listened at: that it ends is another matter.
console.log(`${sent} telegrams in ${tookS.toFixed(0)} s`)
