import type { DailyReading } from '../../readings/daily-reading.ts'
import type { Store } from '../../store/store.ts'
import { noted } from '../audit/noted.ts'
import { type Attach, configOf } from '../command.ts'
import { csvText } from '../csv-text.ts'
import { failure } from '../failure.ts'
import { ANY_NAME, findMeter } from '../meters/meter-argument.ts'
import { count, print, printJson, say } from '../output.ts'
import { reading } from '../store-access.ts'
import { type Days, daySpan } from './reading-text.ts'

interface Options {
  readonly meter?: string
  readonly from?: string
  readonly to?: string
  readonly csv?: true
  readonly json?: true
}

const COLUMNS = [
  ...['day', 'meter', 'installation', 'register', 'value', 'unit', 'obis', 'evidence', 'observed_at', 'offset_seconds'],
  ...['quality', 'flags', 'status', 'precedence', 'gateway', 'id'],
]

export const readingsExport: Attach = (parent) =>
  void parent
    .command('export')
    .description('the readings that stand, on standard output: for a customer who asks for his, or the clerk who needs one day')
    .option('--meter <meter>', `of one meter: ${ANY_NAME}`)
    .option('--from <day>', 'the first day, YYYY-MM-DD')
    .option('--to <day>', 'the last day')
    .option('--csv', 'as CSV, one line per register (the default)')
    .option('--json', 'as JSON, the messages as billing got them')
    .action(async (options: Options, command) => {
      const span = daySpan(options)
      if (options.csv && options.json) throw failure('usage', 'Either --csv or --json')
      const config = configOf(command)
      const readings = reading(config, (store) => standing(store, options.meter, span))
      await noted(config, {
        what: 'export',
        facts: { of: options.meter ? 'readings of a meter' : 'readings', readings: readings.length, ...span },
      })
      if (options.json) return printJson(readings)
      print(csvText(COLUMNS, readings.flatMap(rowsOf)))
      say(count(readings.length, 'reading'))
    })

/** Oldest day first; of each meter and day the one that counts. */
const standing = ({ meters, outbox }: Store, text: string | undefined, span: Days): DailyReading[] => {
  const meter = text === undefined ? undefined : findMeter(meters.list(), text).meter
  return outbox
    .readings({ ...(meter && { meter }), ...span })
    .filter((message, i, all) => message.meter !== all[i - 1]?.meter || message.day !== all[i - 1]?.day)
    .map(({ body }): DailyReading => JSON.parse(body))
    .reverse()
}

const rowsOf = ({ day, meter, registers, evidence, quality, status, precedence, source, id }: DailyReading) =>
  Object.entries(registers).map(([name, { value, unit, obis }]) => [
    ...[day, `${meter.manufacturer}-${meter.id}`, meter.installation, name, value, unit, obis],
    ...[evidence.kind, evidence.observedAt, evidence.offsetSeconds, quality.state, quality.flags.join(' ')],
    ...[status?.code, precedence, source.gateway, id],
  ])
