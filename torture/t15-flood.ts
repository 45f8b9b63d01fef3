import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { hexOf } from '../test/support/telegrams.ts'
import { metersOnAir } from '../test/system/meters.ts'
import { askStatus, received, statusComes } from './control.ts'
import { listening } from './listening.ts'
import { worldTime } from './process.ts'
import { atMost, holds, note, type Row, type Scale, timely } from './row.ts'

const SECONDS: Readonly<Record<Scale, number>> = { short: 10, usual: 60, full: 600 }
const PER_SECOND = 5_000
const METERS = 3_000
const TICK_MS = 20
const START = Date.UTC(2026, 9, 20, 12)
const MINUTE_MS = 60_000

/** In a process of its own: this one is busy with making telegrams. */
const ask = (build: string, socket: string) => {
  const child = spawn(process.execPath, [join(build, 'torture/inside/asking.js'), socket], { stdio: ['pipe', 'pipe', 'inherit'] })
  const said = text(child.stdout)
  return {
    answers(): Promise<number[]> {
      child.stdin.end()
      return said.then(JSON.parse)
    },
  }
}

export const T15: Row = {
  id: 'T15',
  title: 'flood: 5,000 telegrams a second over TCP, of 3,000 meters, two in three of them encrypted',
  limit: 'lost 0, RSS ≤ 150 MB, an answer on the control socket p99 ≤ 100 ms',
  mutation: { file: 'pipeline.js', find: 'received++;', put: 'received++; (globalThis.leak ??= []).push(Buffer.alloc(2048, 1));' },
  async run(ground) {
    const { scale } = ground
    const meters = metersOnAir(METERS, START)
    const { mast, daemon } = await listening(ground, meters, worldTime(START), false)
    const asking = ask(ground.build, daemon.socket)
    let mostMB = 0
    const watch = setInterval(() => (mostMB = Math.max(mostMB, daemon.rssMB())), 100)
    ground.later(() => clearInterval(watch))
    const started = performance.now()
    const all = SECONDS[scale] * PER_SECOND
    /** All meters in turn, each minute of theirs another round. */
    const telegram = (n: number): string => hexOf(meters[n % METERS]!.telegram(START + (1 + Math.floor(n / METERS)) * MINUTE_MS))
    for (let sent = 0; sent < all; ) {
      const due = Math.min(Math.floor(((performance.now() - started) / 1_000) * PER_SECOND), all)
      const now = Array.from({ length: due - sent }, (_, n) => telegram(sent + n))
      if (now.length > 0) await mast.say(now)
      sent = due
      await sleep(TICK_MS)
    }
    const sentS = (performance.now() - started) / 1_000
    await statusComes(daemon.socket, 120_000, (status) => received(status) >= all)
    const heard = received(await askStatus(daemon.socket))
    const answers = (await asking.answers()).sort((a, b) => a - b)
    return [
      note(`${all.toLocaleString('en')} telegrams in ${sentS.toFixed(0)} s`),
      holds('alive', daemon.isAlive()),
      atMost('lost', all - heard, 0),
      atMost('RSS', mostMB, 150, ' MB'),
      timely('answer p99', answers[Math.floor(answers.length * 0.99)]! / 1_000, 0.1),
      note(`at most ${answers.at(-1)!.toFixed(0)} ms`),
    ]
  },
}
