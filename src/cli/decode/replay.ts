import { createReadStream, statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Attach } from '../command.ts'
import { configOf } from '../command.ts'
import { failure } from '../failure.ts'
import { instant } from '../option-values.ts'
import { count, print, say } from '../output.ts'
import { progress } from '../progress.ts'
import { readingLines } from '../readings/reading-text.ts'
import { table } from '../table.ts'
import { deliverAll, hasDelivered, type Played, play, type Source } from './replaying.ts'

interface Options {
  readonly speed: string
  readonly at?: number
  readonly intoStore?: true
  readonly toSinks?: true
  readonly yes?: true
  readonly json?: true
}

export const replay: Attach = (parent) =>
  void parent
    .command('replay')
    .description('play captured frames through the gateway’s own pipeline, in a throw-away store')
    .argument('<file...>', 'captures: our own, hex, telegram=|…|, rtl_wmbus lines; "-" is standard input')
    .option('--speed <speed>', 'max, realtime, or so many times faster than real time', 'max')
    .option('--at <instant>', 'when lines that tell no time were heard', instant)
    .option('--into-store', 'into the store of the configuration, not a throw-away one')
    .option('--to-sinks', 'send the readings on, as the daemon would')
    .option('--yes', 'also where the store has delivered before')
    .option('--json', 'readings as JSON, one per line')
    .action(async (files: string[], options: Options, command) => {
      const config = configOf(command)
      if ((options.intoStore || options.toSinks) && !options.yes && hasDelivered(config))
        throw failure(
          'refused',
          'This store has delivered readings; a replay would mix old days into them. Say --yes if that is what you want.',
        )
      const directory = options.intoStore ? config.stateDirectory : await mkdtemp(join(tmpdir(), 'varmesky-replay-'))
      try {
        const played = await play(config, directory, sourcesOf(files), {
          factor: factorOf(options.speed),
          at: options.at ?? null,
          bar: progress(sizeOf(files)),
        })
        tell(played, options)
        if (options.toSinks) await deliverAll(config, directory)
      } finally {
        if (!options.intoStore) await rm(directory, { recursive: true, force: true })
      }
    })

/** Times faster than the world; Infinity does not wait. */
function factorOf(speed: string): number {
  const named = { max: Number.POSITIVE_INFINITY, realtime: 1 }[speed] ?? Number(speed)
  if (named > 0) return named
  throw failure('usage', `--speed ${speed}: write max, realtime or a number such as 60`)
}

const sizeOf = (files: readonly string[]): number => files.reduce((sum, file) => sum + (file === '-' ? 0 : bytesOf(file)), 0)

function bytesOf(file: string): number {
  const found = statSync(file, { throwIfNoEntry: false })
  if (!found?.isFile()) throw failure('usage', `${file}: ${found ? 'is no file' : 'no such file'}`)
  return found.size
}

const sourcesOf = (files: readonly string[]): Source[] =>
  files.map((file) => ({
    name: file === '-' ? 'standard input' : file,
    lines: createInterface({ input: file === '-' ? process.stdin : createReadStream(file) }),
  }))

const MOST_PROBLEMS = 5

function tell({ readings, outcomes, reasons, problems, ignored }: Played, options: Options): void {
  if (options.json) for (const reading of readings) print(JSON.stringify(reading))
  else if (readings.length > 0) print(readingLines(readings))
  for (const problem of problems.slice(0, MOST_PROBLEMS)) say(problem)
  if (problems.length > MOST_PROBLEMS) say(`… and ${count(problems.length - MOST_PROBLEMS, 'more such line')}`)
  const rows = Object.entries({ ...outcomes, ...reasons }).filter(([, n]) => n > 0)
  say(table(['OUTCOME', 'TELEGRAMS'], rows))
  say(count(readings.length, 'reading'))
  if (ignored['no-time'] > 0)
    say(`${count(ignored['no-time'], 'observation')} without a time speak for no day: say when they were heard with --at`)
}
