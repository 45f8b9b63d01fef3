/** Takes messages from a modem and says `committed` each time some are stored and none of them is deleted yet; until it is killed. */
import { setTimeout } from 'node:timers/promises'
import { scaledClock } from '../../src/clock.ts'
import { PACE } from './pace.ts'
import { receiver } from './receiver.ts'

const [path, directory] = process.argv.slice(2) as [string, string]
const { modem } = receiver({
  path,
  directory,
  clock: scaledClock(PACE, Date.parse('2026-11-24T05:00:00Z')),
  async committed() {
    console.log('committed')
    await setTimeout(100)
  },
})
void modem.start()
