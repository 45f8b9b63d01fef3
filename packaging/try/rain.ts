/**
 * Inside the box: 3,000 meters, two in three of them encrypted, sent to a TCP port as lines of hex, 5,000 telegrams a second for so many
 * seconds. The list of the meters, with their keys, is written to the file given; the rain begins when somebody connects, and how many
 * telegrams it was is said at its end.
 */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { hexOf } from '../../test/support/telegrams.ts'
import { metersOnAir } from '../../test/system/meters.ts'

const [list, port, seconds] = process.argv.slice(2) as [string, string, string]
const PER_SECOND = 5_000
const TICK_MS = 20
const MINUTE_MS = 60_000
const startMs = Date.now()
const meters = metersOnAir(3_000, startMs)
const rows = meters.map(({ meter, key }) => `${meter};${key === null ? '' : hexOf(key)}`)
writeFileSync(list, `${['meter;key', ...rows].join('\n')}\n`, { mode: 0o600 })

const server = createServer().listen(Number(port), '127.0.0.1')
const [socket] = (await once(server, 'connection')) as [Socket]
const all = Number(seconds) * PER_SECOND
const beganMs = performance.now()
for (let sent = 0; sent < all; ) {
  const due = Math.min(Math.floor(((performance.now() - beganMs) / 1_000) * PER_SECOND), all)
  const lines: string[] = []
  for (; sent < due; sent++) {
    const round = 1 + Math.floor(sent / meters.length)
    lines.push(hexOf(meters[sent % meters.length]!.telegram(startMs + round * MINUTE_MS)))
  }
  if (lines.length > 0 && !socket.write(`${lines.join('\n')}\n`)) await once(socket, 'drain')
  await sleep(TICK_MS)
}
console.log(`${all} telegrams in ${((performance.now() - beganMs) / 1_000).toFixed(0)} s`)
// The line stays open: that it ends is another matter.
await sleep(24 * 60 * MINUTE_MS)
