import { utcText } from '../../clock.ts'
import type { Config } from '../../config.ts'
import { endOfDay, startOfDay } from '../../readings/day.ts'
import type { HourlyValue } from '../../store/store.ts'
import { noted } from '../audit/noted.ts'
import { type Attach, configOf } from '../command.ts'
import { csvText } from '../csv-text.ts'
import { failure } from '../failure.ts'
import { ANY_NAME, findMeter } from '../meters/meter-argument.ts'
import { count, print, printJson, say } from '../output.ts'
import { reading } from '../store-access.ts'
import { daySpan } from './reading-text.ts'

interface Options {
  readonly meter?: string
  readonly from?: string
  readonly to?: string
  readonly csv?: true
  readonly json?: true
}

const HOUR_MS = 3_600_000
const COLUMNS = ['hour', 'observed_at', 'meter', 'register', 'value', 'unit']

export const readingsSeries: Attach = (parent) =>
  void parent
    .command('series')
    .description('the hourly series on standard output, where the configuration says what it is for (series:)')
    .option('--meter <meter>', `of one meter: ${ANY_NAME}`)
    .option('--from <day>', 'the first day, YYYY-MM-DD')
    .option('--to <day>', 'the last day')
    .option('--csv', 'as CSV, one line per register (the default)')
    .option('--json', 'as JSON, with the purpose')
    .action(async (options: Options, command) => {
      if (options.csv && options.json) throw failure('usage', 'Either --csv or --json')
      const config = configOf(command)
      const { series } = config
      if (!series)
        throw failure(
          'failed',
          `No purpose is stated, so there is no hourly series. In the configuration:\n  series: { purpose: "…", keep: 90d }`,
        )
      const values = valuesOf(config, options)
      await noted(config, { what: 'export', facts: { of: 'hourly series', purpose: series.purpose, values: values.length } })
      if (options.json) return printJson({ purpose: series.purpose, values: values.map(read) })
      print(csvText(COLUMNS, values.flatMap(rowsOf)))
      say(`${count(values.length, 'hourly value')}, for: ${series.purpose}`)
    })

function valuesOf(config: Config, options: Options): readonly HourlyValue[] {
  const { timeZone } = config
  const { from, to } = daySpan(options)
  return reading(config, ({ meters, series }) =>
    series.list({
      ...(options.meter && { meter: findMeter(meters.list(), options.meter).meter }),
      ...(from && { from: Math.floor(startOfDay(from, timeZone) / HOUR_MS) }),
      ...(to && { before: Math.ceil(endOfDay(to, timeZone) / HOUR_MS) }),
    }),
  )
}

type Registers = Readonly<Record<string, { readonly value: string; readonly unit: string }>>
const read = ({ hour, meter, observedAt, registers }: HourlyValue) => ({
  hour: utcText(hour * HOUR_MS),
  observedAt: utcText(observedAt),
  meter,
  registers: JSON.parse(registers) as Registers,
})

const rowsOf = (stored: HourlyValue): string[][] => {
  const { hour, observedAt, meter, registers } = read(stored)
  return Object.entries(registers).map(([name, { value, unit }]) => [hour, observedAt, meter, name, value, unit])
}
