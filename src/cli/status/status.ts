import { systemClock } from '../../clock.ts'
import type { GatewayStatus } from '../../control/status.ts'
import type { Store } from '../../store/store.ts'
import { type Attach, configOf } from '../command.ts'
import { failure } from '../failure.ts'
import { count, print, printJson } from '../output.ts'
import { ask, readingIfAny } from '../store-access.ts'
import { statusText } from './text.ts'

export const status: Attach = (parent) =>
  void parent
    .command('status')
    .description('one screen: receivers, telegrams, meters, days, what waits')
    .option('--json', 'as JSON')
    .action(async (options: { json?: true }, command) => {
      const config = configOf(command)
      const answer = await ask(config, 'status', {})
      if (answer) {
        const running = answer.result as GatewayStatus
        const clock = systemClock(config.clock.trust)
        if (options.json) printJson({ running: true, ...running })
        else print(statusText(running, { utcMs: clock.utcMs(), monotonicMs: clock.monotonicMs() }))
        return
      }
      const stored = readingIfAny(config, storedState) ?? NOTHING_STORED
      if (options.json) printJson({ running: false, ...stored })
      else print(storedText(stored))
      throw failure('unreachable', 'The daemon is not running:  sudo systemctl start varmesky')
    })

/** What is known without a daemon. */
interface StoredState {
  readonly meters: { readonly registered: number }
  readonly lastDay: { readonly day: string; readonly readings: number } | null
}

const NOTHING_STORED: StoredState = { meters: { registered: 0 }, lastDay: null }

const storedState = ({ meters, outbox }: Store): StoredState => {
  const day = outbox.readings({ limit: 1 })[0]?.day ?? null
  const readings = day === null ? 0 : new Set(outbox.readings({ day }).map(({ meter }) => meter)).size
  return {
    meters: { registered: meters.list().filter(({ retiredAt }) => retiredAt === null).length },
    lastDay: day === null ? null : { day, readings },
  }
}

const storedText = ({ meters, lastDay }: StoredState): string =>
  `${count(meters.registered, 'meter')} registered; ${lastDay ? `last day ${lastDay.day} with ${count(lastDay.readings, 'reading')}` : 'no reading yet'}`
