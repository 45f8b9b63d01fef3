import { InvalidArgumentError } from 'commander'
import { type High, high } from '../../reports/high.ts'
import { type Attach, configOf } from '../command.ts'
import { whole } from '../option-values.ts'
import { count } from '../output.ts'
import { dayArgument } from '../readings/reading-text.ts'
import { readingIfAny } from '../store-access.ts'
import { daysBefore, readingsOf } from './days.ts'
import { put, type ReportOptions, withForms } from './output.ts'

const factor = (text: string): number => {
  const value = Number(text)
  if (/^\d+(?:\.\d+)?$/.test(text) && value > 1 && value <= 100) return value
  throw new InvalidArgumentError('Write a number above 1, as in 1.5 or 2.')
}

interface Options extends ReportOptions {
  readonly to?: string
  readonly days: number
  readonly usual: number
  readonly factor: number
}

export const reportHigh: Attach = (parent) =>
  void withForms(parent.command('high'))
    .description('meters whose share of what all meters take is far above their own usual share')
    .option('--days <n>', 'the last so many days …', whole(1, 100), 7)
    .option('--usual <n>', '… against so many days before them', whole(7, 400), 28)
    .option('--factor <n>', 'how many times the usual share is high', factor, 1.5)
    .option('--to <day>', 'the last day, YYYY-MM-DD (else the newest)')
    .action((options: Options, command) => {
      const found = readingIfAny(configOf(command), (store) => {
        const to = options.to === undefined ? store.days.list({ limit: 1 })[0] : dayArgument(options.to)
        if (to === undefined) return null
        const split = daysBefore(to, options.days)
        const span = { from: daysBefore(split, options.usual), split, to }
        return high(readingsOf(store, span), { ...span, factor: options.factor })
      })
      put(options, found === null ? NOTHING : report(found))
    })

const COLUMNS = ['meter', 'installation', 'share_percent', 'usual_percent', 'times', 'extra_kwh_per_day']
const NOTHING = { json: null, columns: COLUMNS, rows: [], summary: 'no reading is stored yet' }

const percent = (share: number): string => (100 * share).toFixed(3)

const report = (found: High) => ({
  json: found,
  columns: COLUMNS,
  rows: found.meters.map((m) => [m.meter, m.installation, percent(m.share), percent(m.usualShare), m.times, m.extraKwhPerDay]),
  summary: `${count(found.meters.length, 'meter')} of ${found.compared} at ${found.factor} times the usual share or more, ${found.split} to ${found.to} against the days since ${found.from}
${count(found.leftOut, 'meter')} not compared: no energy, readings missing at an end, or a register that went backwards`,
})
