import type { DailyReading } from '../../readings/daily-reading.ts'
import type { Store } from '../../store/store.ts'
import { type Attach, configOf } from '../command.ts'
import { findMeter } from '../meters/meter-argument.ts'
import { count, print, printJson, say } from '../output.ts'
import { reading } from '../store-access.ts'
import { dayArgument, readingLines } from './reading-text.ts'

interface Options {
  readonly meter?: string
  readonly day?: string
  readonly json?: true
}

export const readingsList: Attach = (parent) =>
  void parent
    .command('list')
    .description('list the readings of the newest day, of one day, or of one meter')
    .option('--meter <meter>', 'of one meter, the newest day first')
    .option('--day <day>', 'YYYY-MM-DD')
    .option('--json', 'as JSON')
    .action((options: Options, command) => {
      const readings = reading(configOf(command), (store) => stored(store, options))
      if (options.json) return printJson(readings)
      if (readings.length > 0) print(readingLines(readings))
      say(count(readings.length, 'reading'))
    })

/** The states that count: the highest precedence of a meter and day comes first, the others are earlier ones. */
const stored = ({ meters, outbox }: Store, options: Options): DailyReading[] => {
  const meter = options.meter === undefined ? undefined : findMeter(meters.list(), options.meter).meter
  const newest = meter === undefined ? outbox.readings({ limit: 1 })[0]?.day : undefined
  const day = options.day === undefined ? newest : dayArgument(options.day)
  return outbox
    .readings({ ...(meter && { meter }), ...(day && { day }) })
    .filter((message, i, all) => message.meter !== all[i - 1]?.meter || message.day !== all[i - 1]?.day)
    .map(({ body }) => JSON.parse(body))
}
