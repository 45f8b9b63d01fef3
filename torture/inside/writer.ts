/**
 * Works on a state until it has done enough, and acknowledges what it was told is safe: a line per reading and per meter in a
 * file that is recorded together with the state. It closes and opens the state again on the way, as a restart does.
 */
import { openSync, writeSync } from 'node:fs'
import { loadKek } from '../../src/store/meters/kek.ts'
import { openStore } from '../../src/store/open.ts'
import { keyOfMeter, madeUpReading } from './made-up.ts'
import { steeredClock } from './steered-clock.ts'

const [directory, acks, kekFile, rounds] = process.argv.slice(2) as [string, string, string, string]
const SINK = 'mqtt'
const acknowledgements = openSync(acks, 'w')
const acknowledge = (line: string): void => void writeSync(acknowledgements, `${line}\n`)
const clock = steeredClock({ rate: 1, utcMs: Date.UTC(2026, 9, 20), worldMs: Date.now() })

let n = 0
for (let life = 0; life < 3; life++) {
  const { outbox, meters, close } = openStore({ directory, kek: loadKek(kekFile), clock })
  outbox.onStored((messages) => {
    for (const { id } of messages) acknowledge(`stored ${id}`)
  })
  for (let round = 0; round < Number(rounds); round++) {
    for (const end = n + 1 + (n % 23); n < end; n++) outbox.add(madeUpReading(n, `2026-10-${10 + (n % 10)}`))
    if (!outbox.flush()) throw new Error('the disk refuses')
    if (round % 5 === 0) {
      const meter = `KAM-${30_000_000 + n}`
      meters.put([{ meter, key: keyOfMeter(meter) }])
      acknowledge(`registered ${meter}`)
    }
    if (round % 3 === 0) {
      const batch = outbox.pending(SINK, 'live', 10)
      outbox.settle(
        SINK,
        batch,
        batch.map(({ seq }) => (seq % 9 === 0 ? 'held' : 'accepted')),
        null,
        0,
      )
    }
  }
  // The last life is cut short.
  if (life < 2) close()
}
process.kill(process.pid, 'SIGKILL')
