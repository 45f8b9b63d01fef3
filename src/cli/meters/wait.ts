import { randomUUID } from 'node:crypto'
import { type Clock, systemClock } from '../../clock.ts'
import type { Config } from '../../config.ts'
import type { WaitAnswer } from '../../control/wait.ts'
import { type Attach, configOf } from '../command.ts'
import { failure } from '../failure.ts'
import { screenOn } from '../listen/screen.ts'
import { duration } from '../option-values.ts'
import { print, printJson } from '../output.ts'
import { ask, registeredMeters } from '../store-access.ts'
import { toldToStop } from '../told-to-stop.ts'
import { ANY_NAME, findMeter } from './meter-argument.ts'
import { missing, waitText } from './wait-text.ts'

const ASKED_MS = 1000

interface Options {
  readonly timeout?: number
  readonly json?: true
}

export const metersWait: Attach = (parent) =>
  void parent
    .command('wait')
    .description('at the meter: wait until the daemon hears it, its key fits, and the first observation is there')
    .argument('<meter>', ANY_NAME)
    .option('--timeout <duration>', 'give up after this time, as in 20m, and say what is missing', duration)
    .option('--json', 'the end as JSON')
    .action(async (text: string, { timeout, json }: Options, command) => {
      const config = configOf(command)
      const meter = findMeter(registeredMeters(config), text)
      const { stopped, forget } = toldToStop()
      const clock = systemClock()
      const cancels: (() => void)[] = []
      const timedOut = new Promise<void>((resolve) => timeout !== undefined && cancels.push(clock.after(timeout, resolve)))
      const screen = process.stdout.isTTY && !json ? screenOn(process.stdout) : null
      const shown = (answer: WaitAnswer): string => waitText(answer, [meter.label, meter.installation])
      const over = Promise.race([stopped, timedOut])
      const answer = await waited(config, meter.meter, clock, over, (now) => screen?.draw('', shown(now))).finally(() => {
        forget()
        for (const cancel of cancels) cancel()
      })
      if (json) printJson(answer)
      else if (screen) screen.finish('', shown(answer))
      else print(shown(answer))
      const what = missing(answer)
      if (what !== null) throw failure('failed', `Not yet: ${answer.meter} waits for ${what}`)
    })

/** Asks again and again until the first observation is there or the wait is over. */
async function waited(config: Config, meter: string, clock: Clock, over: Promise<unknown>, show: (answer: WaitAnswer) => void) {
  const wait = randomUUID()
  const isOver = (): Promise<boolean> =>
    Promise.race([over.then(() => true), new Promise<boolean>((resolve) => clock.after(ASKED_MS, () => resolve(false)))])
  // Once more after the end: what was heard in the last second counts.
  for (let last = false; ; last = await isOver()) {
    const asked = await ask(config, 'meters.wait', { wait, meter })
    if (asked === null) throw failure('unreachable', 'The daemon is not running, so nothing is heard:  sudo systemctl start varmesky')
    const answer = asked.result as WaitAnswer
    show(answer)
    if (answer.observation !== null || last) return answer
  }
}
