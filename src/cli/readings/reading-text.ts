import type { DailyReading, RegisterValue } from '../../readings/daily-reading.ts'
import { failure } from '../failure.ts'
import { table } from '../table.ts'

/** A day as an option takes it. */
export const dayArgument = (text: string): string => {
  const date = new Date(`${text}T00:00:00Z`)
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)) return text
  throw failure('usage', `"${text}" is not a day: write YYYY-MM-DD, as in 2026-11-23`)
}

export interface Days {
  readonly from?: string
  readonly to?: string
}

/** The days of `--from` and `--to`, each where it is given. */
export const daySpan = (given: Days): Days => {
  const [from, to] = [given.from, given.to].map((day) => (day === undefined ? undefined : dayArgument(day)))
  if (from && to && from > to) throw failure('usage', `--from ${from} lies after --to ${to}`)
  return { ...(from && { from }), ...(to && { to }) }
}

const valueText = (value: RegisterValue | undefined): string | undefined => value && `${value.value} ${value.unit}`

const qualityText = ({ quality }: DailyReading): string => [quality.state, ...quality.flags].join(' ')

/** One line per reading, the newest day first. */
export const readingLines = (readings: readonly DailyReading[]): string =>
  table(
    ['DAY', 'METER', 'ENERGY', 'VOLUME', 'EVIDENCE', 'QUALITY'],
    readings.map((reading) => [
      reading.day,
      `${reading.meter.manufacturer}-${reading.meter.id}`,
      valueText(reading.registers['energy']),
      valueText(reading.registers['volume']),
      reading.evidence.kind,
      qualityText(reading),
    ]),
  )

/** Everything one reading says. */
export const readingText = (reading: DailyReading): string => {
  const { meter, evidence, security, source, status } = reading
  const facts: (readonly [string, string | undefined])[] = [
    ['day', `${reading.day}, which ended ${reading.boundary}`],
    ['device', `${meter.deviceType}${meter.version === null ? '' : `, version ${meter.version}`}`],
    ['installation', meter.installation],
    ...valueRows(reading.registers),
    ...valueRows(reading.momentary ?? {}),
    ['status', status && [status.code, ...status.conditions].join(' ')],
    [
      'evidence',
      `${evidence.kind}, observed ${evidence.observedAt} (${evidence.offsetSeconds} s from the boundary), clock ${evidence.clock}`,
    ],
    ['quality', qualityText(reading)],
    ['security', `encryption ${security.encryption}, integrity ${security.integrity}`],
    ['source', `${source.path}, gateway ${source.gateway}, decoder ${source.decoder}`],
    ['id', reading.id],
    ['precedence', String(reading.precedence)],
  ]
  return table(
    ['METER', `${meter.manufacturer}-${meter.id}`],
    facts.filter(([, text]) => text !== undefined),
  )
}

const valueRows = (values: Readonly<Record<string, RegisterValue>>): (readonly [string, string | undefined])[] =>
  Object.entries(values).map(([name, value]) => [value.label ? `${name} (${value.label})` : name, valueText(value)])
