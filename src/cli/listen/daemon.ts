import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { systemClock } from '../../clock.ts'
import type { Config } from '../../config.ts'
import { type HeardAnswer, MOST_AT_ONCE } from '../../control/heard.ts'
import { type ByLastHearing, byLastHearing, type MeterOnAir } from '../../memory/on-air.ts'
import { configFileOf, configIn } from '../command.ts'
import { failure } from '../failure.ts'
import { print, say } from '../output.ts'
import { ask } from '../store-access.ts'
import { screenOn } from './screen.ts'
import { receiversText, type Selection, selectedText } from './text.ts'

const ASKED_MS = 1000
const MOST_METERS = 20_000

/** What the running daemon hears: on a terminal until `stopped`, else once. */
export async function listenToDaemon(
  options: Selection & { readonly jsonl?: true; readonly captureRaw?: string },
  command: Command,
  stopped: Promise<unknown>,
): Promise<void> {
  if (options.jsonl)
    throw failure('usage', 'The daemon keeps no telegrams: name a receiver that it does not use, or see "varmesky run --capture FILE".')
  if (options.captureRaw !== undefined)
    throw failure(
      'usage',
      'The daemon records what its configuration says (captureRaw of a receiver): name a receiver that it does not use, or set that.',
    )
  const config = configOfDaemon(command)
  const heard = byLastHearing<MeterOnAir>(MOST_METERS)
  let { receivers, unlisted, nowMs } = await takeIn(config, heard)
  if (!unlisted) say('Registered meters only: "meters: { unlisted: list }" in the configuration shows others, too.')
  const table = (): string => selectedText([...heard.meters.values()], options, nowMs)
  if (!process.stdout.isTTY) return print(table())
  const screen = screenOn(process.stdout)
  const clock = systemClock()
  const isOver = (): Promise<boolean> =>
    Promise.race([stopped.then(() => true), new Promise<boolean>((resolve) => clock.after(ASKED_MS, () => resolve(false)))])
  do {
    screen.draw(receiversText(receivers), table())
    ;({ receivers, nowMs } = await takeIn(config, heard))
  } while (!(await isOver()))
  screen.finish(receiversText(receivers), table())
}

/** All that the running daemon remembers of the air; null: there is none. */
export async function heardByDaemon(config: Config): Promise<HeardAnswer | null> {
  const heard = byLastHearing<MeterOnAir>(MOST_METERS)
  const answer = await askAll(config, heard)
  return answer && { ...answer, meters: [...heard.meters.values()] }
}

/** Asks for what was heard since the last time. */
async function takeIn(config: Config, heard: ByLastHearing<MeterOnAir>): Promise<HeardAnswer> {
  const answer = await askAll(config, heard)
  if (answer !== null) return answer
  throw failure('unreachable', `The daemon is not running. ${WITHOUT_IT}`)
}

const WITHOUT_IT =
  'To listen without it:  varmesky listen auto  (whichever stick answers), or one that is named:  varmesky listen im871a:/dev/ttyUSB0'

/** Who has no configuration has no daemon, and needs none to listen. */
function configOfDaemon(command: Command): Config {
  const file = configFileOf(command)
  if (existsSync(file)) return configIn(file)
  throw failure('unreachable', `No daemon to ask: ${file}: no such file. ${WITHOUT_IT}`)
}

async function askAll(config: Config, heard: ByLastHearing<MeterOnAir>): Promise<HeardAnswer | null> {
  for (;;) {
    const afterMs = Math.max(-1, ...[...heard.meters.values()].slice(-1).map(({ lastMs }) => lastMs))
    const answer = await ask(config, 'heard', { afterMs })
    if (answer === null) return null
    const heardNow = answer.result as HeardAnswer
    for (const meter of heardNow.meters) heard.put(meter)
    if (heardNow.meters.length < MOST_AT_ONCE) return heardNow
  }
}
