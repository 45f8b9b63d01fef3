/** Formats of the configuration: a regular expression whose named groups are the parts of a reading. And two that are ready. */
import type { Measurement } from '../../decoders/observation.ts'
import { FIELDS, type FieldName, isField, measurementOf, unitOf } from './quantities.ts'
import { hasRegister, isUnambiguous, type SmsReading } from './reading.ts'

export interface Template {
  readonly name: string
  /** Groups: `meter`, `time`, `info`, `raw`, a field such as `energy`, and its unit as `energyUnit`. */
  readonly match: string
  readonly decimal?: '.' | ','
  /** Units of fields that the message gives none. */
  readonly units?: Readonly<Partial<Record<string, string>>>
  /** IANA name of the zone its times are in; left out: that of the gateway. */
  readonly zone?: string
  /** Order of a date's parts. */
  readonly date?: 'ymd' | 'dmy'
}

export interface TemplateReading extends SmsReading {
  /** A wired M-Bus frame from its C field on, without checksum; null as a rule. */
  readonly raw: string | null
}

/** Longer texts are none of a meter; regular expressions of a configuration may be slow. */
const LONGEST = 2_000

const GROUPS = /\(\?<([A-Za-z][A-Za-z0-9]*)>/g
const OTHERS: readonly string[] = ['meter', 'time', 'info', 'raw', ...Object.keys(FIELDS).map((name) => `${name}Unit`)]

/** Why a template cannot work, in words; null where it can. */
export function templateProblem({ match, units = {} }: Template): string | null {
  try {
    new RegExp(match, 'imu')
  } catch (error) {
    return `is no regular expression: ${(error as Error).message.replace(/^.*: /, '')}`
  }
  const groups = [...match.matchAll(GROUPS)].map(([, name]) => name!)
  const strange = groups.find((name) => !isField(name) && !OTHERS.includes(name))
  if (strange !== undefined) return `has a group "${strange}": there are ${[...Object.keys(FIELDS), ...OTHERS].join(', ')}`
  const bare = groups.find((name) => isField(name) && !groups.includes(`${name}Unit`) && units[name] === undefined)
  if (bare !== undefined) return `gives "${bare}" no unit: add a group ${bare}Unit, or a unit under units`
  const wrong = Object.entries(units).find(([name, unit]) => !isField(name) || unitOf(unit!)?.quantity !== FIELDS[name].quantity)
  if (wrong) return `cannot have the unit "${wrong[1]}" for "${wrong[0]}"`
  return groups.some((name) => isField(name) || name === 'raw') ? null : 'reads no value'
}

/** `24-11-2026 06:15` as `2026-11-24T06:15:00`; null where it is no date. */
function timeOf(text: string, order: 'ymd' | 'dmy'): string | null {
  const [, a = '', b, c = '', hour, minute, second = '00', zone = ''] =
    /^(\d{2,4})[-./](\d\d)[-./](\d{2,4})[ T](\d\d)[:.](\d\d)(?:[:.](\d\d))? *(Z|[+-]\d\d:\d\d)?$/.exec(text.trim()) ?? []
  const [year, day] = order === 'ymd' ? [a, c] : [c, a]
  return year.length === 4 && day.length === 2 ? `${year}-${b}-${day}T${hour}:${minute}:${second}${zone}` : null
}

export function readTemplate(template: Template, text: string): TemplateReading | null {
  const groups = text.length > LONGEST ? undefined : new RegExp(template.match, 'imu').exec(text)?.groups
  if (groups === undefined) return null
  const { name, decimal = '.', units = {}, date = 'ymd' } = template
  const measurements: Measurement[] = []
  for (const field of Object.keys(FIELDS) as FieldName[]) {
    if (groups[field] === undefined) continue
    const value = measurementOf(field, groups[field], groups[`${field}Unit`] ?? units[field] ?? '', decimal)
    if (value === null) return null
    measurements.push(value)
  }
  const time = groups['time'] === undefined ? null : timeOf(groups['time'], date)
  const unread = groups['time'] !== undefined && time === null
  if (unread || (!hasRegister(measurements) && groups['raw'] === undefined) || !isUnambiguous(measurements)) return null
  const meter = groups['meter'] ?? null
  const info = groups['info'] ?? null
  return { meter, measurements, info, time, raw: groups['raw'] ?? null, deviceType: 'heat', decoder: `sms-${name}/1` }
}

/** A line that may be anywhere, or nowhere. */
const optional = (line: string): string => `(?:(?=[\\s\\S]*?${line})|)`

const pair = (key: string, group: string, field: string): string =>
  optional(`^ *(?:${key}) *: *(?<${group}>-?[\\d.]+) *(?<${field}>[^\\s\\d,;][^\\s,;]*)[ ,;]*$`)

/** Ready to be named in the configuration. */
export const READY: Readonly<Record<string, Template>> = {
  /** `Key: value unit`, a line each, in any order; other lines are passed over. */
  'key-value': {
    name: 'key-value',
    match: `${[
      '^(?=[\\s\\S]*?^ *(?:Meter(?: No\\.?)?|Serial|Målernr\\.?) *: *(?<meter>[A-Z]{0,3}-?\\d{1,8})[ ,;]*$)',
      pair('Energy|Energi|E1', 'energy', 'energyUnit'),
      pair('Volume|Volumen|V1', 'volume', 'volumeUnit'),
      pair('Hours|Timer', 'onTime', 'onTimeUnit'),
      pair('Power|Effekt', 'power', 'powerUnit'),
      pair('Flow', 'flowRate', 'flowRateUnit'),
      pair('T1|Fremløb', 'flowTemperature', 'flowTemperatureUnit'),
      pair('T2|Retur', 'returnTemperature', 'returnTemperatureUnit'),
      optional('^ *Info(?: code)? *: *(?<info>\\d+)[ ,;]*$'),
      optional('^ *(?:Time|Tid) *: *(?<time>\\S.*?)[ ,;]*$'),
    ].join('')}`,
  },
  /** `meter;time;energy;unit;volume;unit;hours`, the hours left out where there are none. */
  semicolon: {
    name: 'semicolon',
    match:
      '^\\s*(?<meter>\\d{1,8});(?<time>[^;]*);(?<energy>[\\d.]+);(?<energyUnit>[^;]+);(?<volume>[\\d.]+);(?<volumeUnit>[^;]+)(?:;(?<onTime>\\d+))?;?\\s*$',
    units: { onTime: 'h' },
  },
  /** Rows of Elvaco's CMe modules: serial number, meter, time, telegram number, and the frame from its C field on. */
  elvaco: {
    name: 'elvaco',
    match: '^\\s*\\d{8};(?<meter>\\d{8});(?<time>\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d);\\d+;(?<raw>(?:[0-9a-f]{2})+);?\\s*$',
  },
}
