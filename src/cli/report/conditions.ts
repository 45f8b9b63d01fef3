import { type Condition, conditions } from '../../reports/conditions.ts'
import { type Attach, configOf } from '../command.ts'
import { count } from '../output.ts'
import { readingIfAny } from '../store-access.ts'
import { readingsOf, type SpanOptions, spanOf } from './days.ts'
import { put, type ReportOptions, withForms } from './output.ts'

const DAYS = 90

export const reportConditions: Attach = (parent) =>
  void withForms(parent.command('conditions'))
    .description('what the meters report of themselves: since when, and when it was over')
    .option('--from <day>', `the first day, YYYY-MM-DD (else ${DAYS} days before the last)`)
    .option('--to <day>', 'the last day (else the newest)')
    .option('--open', 'only what lasts')
    .action((options: ReportOptions & SpanOptions & { open?: true }, command) => {
      const all =
        readingIfAny(configOf(command), (store) => {
          const span = spanOf(store, options, DAYS)
          return span && conditions(readingsOf(store, span))
        }) ?? []
      put(options, report(options.open ? all.filter(({ cleared }) => cleared === null) : all))
    })

const report = (found: readonly Condition[]) => {
  const open = found.filter(({ cleared }) => cleared === null)
  return {
    json: found,
    columns: ['meter', 'installation', 'condition', 'since', 'or_earlier', 'last', 'cleared'],
    rows: found.map((c) => [c.meter, c.installation, c.condition, c.since, c.orEarlier ? 'yes' : '', c.last, c.cleared]),
    summary: `${count(open.length, 'condition')} of ${count(new Set(open.map(({ meter }) => meter)).size, 'meter')} last, ${found.length - open.length} cleared`,
  }
}
