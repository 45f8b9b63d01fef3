import type { DailyReading } from '../../readings/daily-reading.ts'
import { type Attach, configOf } from '../command.ts'
import { failure } from '../failure.ts'
import { ANY_NAME, findMeter } from '../meters/meter-argument.ts'
import { print, printJson } from '../output.ts'
import { reading } from '../store-access.ts'
import { dayArgument, readingLines, readingText } from './reading-text.ts'

interface Options {
  readonly day?: string
  readonly json?: true
}

export const readingsShow: Attach = (parent) =>
  void parent
    .command('show')
    .description('show one reading with its evidence, and the earlier states of it')
    .argument('<meter>', ANY_NAME)
    .option('--day <day>', 'YYYY-MM-DD; without it the newest')
    .option('--json', 'as JSON, every state of it, the one that counts first')
    .action((text: string, options: Options, command) => {
      const asked = options.day === undefined ? undefined : dayArgument(options.day)
      const { meter, day, states } = reading(configOf(command), (store) => {
        const { meter } = findMeter(store.meters.list(), text)
        const day = asked ?? store.outbox.readings({ meter, limit: 1 })[0]?.day
        return { meter, day, states: day ? store.outbox.readings({ meter, day }).map(({ body }): DailyReading => JSON.parse(body)) : [] }
      })
      const [best, ...earlier] = states
      if (!best) throw failure('failed', `There is no reading of ${meter}${day ? ` for ${day}` : ''}.`)
      if (options.json) return printJson(states)
      print(readingText(best))
      if (earlier.length === 0) return
      print('\nEarlier states of this reading:')
      print(readingLines(earlier))
    })
