import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { dice } from './dice.ts'
import type { Answer, Question } from './inside/reader.ts'
import { openDisk, readRecording, SURVIVALS } from './recording.ts'
import { atLeast, atMost, type Ground, note, type Row, type Scale } from './row.ts'

const STATES: Readonly<Record<Scale, number>> = { short: 150, usual: 600, full: 3_000 }
const ROUNDS: Readonly<Record<Scale, number>> = { short: 25, usual: 40, full: 100 }
const REC_C = fileURLToPath(new URL('rec.c', import.meta.url))

export const T2: Row = {
  id: 'T2',
  title: 'power cut: after any system call, every sector not synced kept or dropped by chance, all dropped, or a prefix kept',
  limit: 'acknowledged and lost 0 (readings, keys), integrity ok in every state; fails with synchronous=NORMAL',
  mutation: {
    file: 'store/disk/database.js',
    find: "name: 'synchronous', set: 'FULL', reads: 2",
    put: "name: 'synchronous', set: 'NORMAL', reads: 1",
  },
  async run(ground) {
    if (spawnSync('gcc', ['--version']).status !== 0) return { notRun: 'needs gcc for the recorder' }
    const { acks, events } = record(ground)
    const random = dice(ground.seed)
    const moments = new Map<number, number>()
    for (let n = 0; n < STATES[ground.scale]; n++) {
      const at = random.below(events.length)
      moments.set(at, (moments.get(at) ?? 0) + 1)
    }
    const reader = readStates(ground)
    const memory = existsSync('/dev/shm') ? '/dev/shm' : ground.directory
    const room = mkdtempSync(join(memory, 'varmesky-crash-'))
    ground.later(() => rmSync(room, { recursive: true }))
    const disk = openDisk()
    const answers: Answer[] = []
    for (const [n, event] of events.entries()) {
      disk.play(event)
      for (let times = moments.get(n) ?? 0; times > 0; times--) {
        const directory = join(room, 'state')
        disk.state(directory, acks, SURVIVALS[answers.length % SURVIVALS.length]!, random)
        answers.push(await reader({ directory, acks, given: disk.written(acks) }))
        rmSync(directory, { recursive: true, force: true })
      }
    }
    const broken = answers.filter(({ integrity }) => integrity !== 'ok')
    const losing = answers.filter(({ lost }) => lost > 0).length
    return [
      note(`${answers.length} states from ${events.length} system calls on the state`),
      atLeast('acknowledged at most', Math.max(...answers.map(({ acknowledged }) => acknowledged)), 100),
      atMost('states with losses', losing, 0),
      atMost('most lost', Math.max(...answers.map(({ lost }) => lost)), 0),
      atMost('states not whole', broken.length, 0),
      ...(broken[0] ? [note(`first: ${broken[0].integrity}`)] : []),
    ]
  },
}

/** Lets the product work under the recorder. */
const record = ({ build, directory, scale }: Ground) => {
  const recorder = join(directory, 'rec.so')
  execFileSync('gcc', ['-O1', '-shared', '-fPIC', '-o', recorder, REC_C, '-ldl', '-lpthread'])
  const room = join(directory, 'recorded')
  mkdirSync(room)
  const [state, acks, log, kek] = [join(room, 'state'), join(room, 'acks'), join(directory, 'recording'), join(directory, 'kek')]
  writeFileSync(kek, `${'5a'.repeat(32)}\n`, { mode: 0o600 })
  const env = { PATH: process.env['PATH'], LD_PRELOAD: recorder, REC_DIRECTORY: room, REC_LOG: log }
  const args = [join(build, 'torture/inside/writer.js'), state, acks, kek, String(ROUNDS[scale])]
  const { signal, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' })
  if (signal !== 'SIGKILL') throw new Error(`the recorded program ended early: ${stderr}`)
  return { acks, events: readRecording(log) }
}

/** One process that opens state after state. */
const readStates = ({ build, directory, later }: Ground): ((question: Question) => Promise<Answer>) => {
  const child = spawn(process.execPath, [join(build, 'torture/inside/reader.js'), join(directory, 'kek')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  later(() => void child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })
  return async (question) => {
    child.stdin.write(`${JSON.stringify(question)}\n`)
    const [line] = (await once(lines, 'line', { signal: AbortSignal.timeout(60_000) })) as [string]
    return JSON.parse(line)
  }
}
