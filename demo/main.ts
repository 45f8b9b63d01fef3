/** `npm run demo`: four days of a small city on an emulated stick, through the real gateway, and a check of every digit. */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { DailyReading } from '../src/readings/daily-reading.ts'
import { compare } from './check.ts'
import { BEGIN, DAYS, END } from './city.ts'
import { playFourDays } from './four-days.ts'
import { leapingClock } from './leaping-clock.ts'
import { picture } from './picture.ts'
import { dim, green, openScreen, red, type Screen } from './screen.ts'
import { setStage } from './stage.ts'
import { counters, dayLine, heading, intro, nextLines, readingLine } from './text.ts'

const USAGE = `npm run demo [-- OPTIONS]
  --fast           as fast as this machine can, instead of in half a minute
  --picture FILE   also draw what is on the screen, as SVG`
const SHOW_MS = 26_000
const EXIT = { right: 0, wrong: 1, usage: 2, interrupted: 130 }

interface Options {
  readonly fast: boolean
  readonly picture?: string | undefined
}

function optionsOf(args: readonly string[]): Options | null {
  try {
    return parseArgs({ args: [...args], options: { fast: { type: 'boolean', default: false }, picture: { type: 'string' } } }).values
  } catch {
    return null
  }
}

type Undo = (step: () => unknown) => void

/** Plays the four days and compares them with what the city knows; resolves with whether they agree. */
async function play(options: Options, screen: Screen, undo: Undo, signal: AbortSignal): Promise<boolean> {
  for (const line of [...intro(), '', heading()]) screen.line(line)
  const clock = leapingClock(BEGIN)
  const stage = await setStage({ clock, arrived: dayTeller(screen), undo })
  await playFourDays({ stage, clock, screen, signal }, options.fast ? 0 : SHOW_MS)
  const { agreed, differences } = compare(stage.billing.readings(), stage.gateway.status(), stage.published())
  const days = screen.lines.length
  screen.status('')
  screen.line(counters(END, stage))
  for (const text of agreed) screen.line(`${green('✓')} ${text}`)
  for (const text of differences) screen.line(`${red('✗')} ${text}`)
  if (options.picture !== undefined) writeFileSync(options.picture, picture('npm run demo', excerpt(screen.lines, days)))
  if (differences.length > 0) for (const complaint of stage.complaints) screen.line(dim(complaint))
  return differences.length === 0
}

/** Tells every reading as it arrives, under the name of its day. */
function dayTeller(screen: Screen): (reading: DailyReading) => void {
  let day = ''
  return (reading) => {
    if (reading.day !== day) screen.line(dayLine(reading.day))
    day = reading.day
    screen.line(readingLine(reading))
  }
}

/** The first two days, and how it ended. */
const excerpt = (lines: readonly string[], days: number): readonly string[] => [
  ...lines.slice(0, lines.indexOf(dayLine(DAYS[2]!.day))),
  dim('  ⋮'),
  ...lines.slice(days - 1),
]

/** What was set up last is put away first, and the rest even if that fails. */
async function putAway(steps: (() => unknown)[]): Promise<void> {
  for (const step of steps.splice(0).reverse()) await Promise.resolve().then(step).catch(console.error)
}

async function main(options: Options): Promise<number> {
  const startMs = performance.now()
  const interrupted = new AbortController()
  // For good: a second Ctrl-C must not end it while everything is being put away.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => interrupted.abort())
  process.stdout.on('error', () => interrupted.abort())
  const screen = openScreen(process.stdout)
  const steps: (() => unknown)[] = []
  try {
    const right = await play(options, screen, (step) => steps.push(step), interrupted.signal)
    await putAway(steps)
    screen.line(dim(`  four days in ${Math.round((performance.now() - startMs) / 1000)} s; nothing is left of them on this machine`))
    for (const line of ['', ...nextLines()]) screen.line(line)
    return right ? EXIT.right : EXIT.wrong
  } catch (error) {
    const { aborted } = interrupted.signal
    await putAway(steps)
    screen.status('')
    screen.line(aborted ? 'interrupted; nothing is left behind' : red(`✗ ${error instanceof Error ? error.message : error}`))
    return aborted ? EXIT.interrupted : EXIT.wrong
  } finally {
    screen.close()
  }
}

const options = optionsOf(process.argv.slice(2))
if (options === null) console.error(USAGE)
process.exitCode = options === null ? EXIT.usage : await main(options)
