import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { floodFrom } from '../test/system/flood.ts'
import { askStatus, received, statusComes } from './control.ts'
import { listening } from './listening.ts'
import { worldTime } from './process.ts'
import { atMost, holds, note, type Row, type Scale, timely } from './row.ts'

const SECONDS: Readonly<Record<Scale, number>> = { short: 10, usual: 60, full: 600 }
const START = Date.UTC(2026, 9, 20, 12)

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
    const flood = floodFrom(START)
    const { mast, daemon } = await listening(ground, flood.meters, worldTime(START), false)
    const asking = ask(ground.build, daemon.socket)
    let mostMB = 0
    const watch = setInterval(() => (mostMB = Math.max(mostMB, daemon.rssMB())), 100)
    ground.later(() => clearInterval(watch))
    const { sent: all, tookS } = await flood.pour(SECONDS[scale], (lines) => mast.say(lines))
    await statusComes(daemon.socket, 120_000, (status) => received(status) >= all)
    const heard = received(await askStatus(daemon.socket))
    const answers = (await asking.answers()).sort((a, b) => a - b)
    return [
      note(`${all.toLocaleString('en')} telegrams in ${tookS.toFixed(0)} s`),
      holds('alive', daemon.isAlive()),
      atMost('lost', all - heard, 0),
      atMost('RSS', mostMB, 150, ' MB'),
      timely('answer p99', answers[Math.floor(answers.length * 0.99)]! / 1_000, 0.1),
      note(`at most ${answers.at(-1)!.toFixed(0)} ms`),
    ]
  },
}
