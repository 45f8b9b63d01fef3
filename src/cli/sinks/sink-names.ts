import type { Config } from '../../config.ts'
import { failure } from '../failure.ts'

/** The sinks that the configuration names. */
export const sinkNames = (config: Config): readonly string[] => (['mqtt', 'csv', 'http', 'stdout'] as const).filter((name) => config[name])

/** The one asked for, or all. */
export const sinksAsked = (config: Config, asked: string | undefined): readonly string[] => {
  const names = sinkNames(config)
  if (names.length === 0) throw failure('failed', 'No way out is configured (mqtt, csv, http, stdout).')
  if (asked === undefined) return names
  if (!names.includes(asked)) throw failure('usage', `There is no sink of that name: ${names.join(', ')}`)
  return [asked]
}
