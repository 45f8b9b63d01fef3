/** Asks a daemon for its status ten times a second until its input ends, then says how long each answer took, in ms. */
import { setTimeout as sleep } from 'node:timers/promises'
import { askStatus } from '../control.ts'

const [socket] = process.argv.slice(2) as [string]
const PAUSE_MS = 100
const answers: number[] = []
let over = false
process.stdin.on('end', () => (over = true)).resume()
while (!over) {
  const askedMs = performance.now()
  await askStatus(socket)
  answers.push(performance.now() - askedMs)
  await sleep(PAUSE_MS)
}
process.stdout.write(JSON.stringify(answers))
