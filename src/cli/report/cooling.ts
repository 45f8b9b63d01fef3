import { InvalidArgumentError } from 'commander'
import { COOLING_LEFT_OUT, type Cooling, type CoolingLeftOut, cooling } from '../../reports/cooling.ts'
import { type Attach, configOf } from '../command.ts'
import { count } from '../output.ts'
import { readingIfAny } from '../store-access.ts'
import { readingsOf, type SpanOptions, spanOf } from './days.ts'
import { put, type ReportOptions, withForms } from './output.ts'

const DAYS = 30

const degrees = (text: string): string => {
  if (/^\d{1,2}(?:\.\d{1,2})?$/.test(text)) return text
  throw new InvalidArgumentError('Write a temperature in °C, as in 40 or 37.5.')
}

const WHY: Readonly<Record<CoolingLeftOut, string>> = {
  'no-registers': 'without E8, E9 and volume in m3',
  'too-short': 'with less than 7 days between readings',
  'too-little': 'with less than 1 m3',
  backwards: 'whose registers went backwards',
  unit: 'whose registers changed decimals',
}

export const reportCooling: Attach = (parent) =>
  void withForms(parent.command('cooling'))
    .description('return temperatures by E9 and volume, and the water that better cooling would save')
    .option('--target <°C>', 'the return temperature to compare with', degrees, '40')
    .option('--from <day>', `the first day, YYYY-MM-DD (else ${DAYS} days before the last)`)
    .option('--to <day>', 'the last day (else the newest)')
    .action((options: ReportOptions & SpanOptions & { target: string }, command) => {
      const found = readingIfAny(configOf(command), (store) => {
        const span = spanOf(store, options, DAYS)
        return cooling(span === null ? [] : readingsOf(store, span), options.target)
      })
      put(options, report(found ?? cooling([], options.target)))
    })

const report = (found: Cooling) => ({
  json: found,
  columns: ['meter', 'installation', 'from', 'to', 'volume_m3', 'flow_c', 'return_c', 'resolution_k', 'excess_m3'],
  rows: found.meters.map((m) => [m.meter, m.installation, m.from, m.to, m.volume, m.flow, m.return, m.resolution, m.excess]),
  summary: [
    `${count(found.meters.length, 'meter')} against a return of ${found.target} °C; excess: volume beyond what the same heat takes at it`,
    ...COOLING_LEFT_OUT.filter((why) => found.leftOut[why] > 0).map((why) => `${count(found.leftOut[why], 'meter')} ${WHY[why]}`),
  ].join('\n'),
})
