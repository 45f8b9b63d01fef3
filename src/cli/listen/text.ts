import type { HeardBy } from '../../memory/recent.ts'
import type { ReceiverHealth } from '../../receivers/receiver.ts'
import type { Telegram } from '../../wmbus/telegram.ts'
import { count } from '../output.ts'
import { ageText } from '../status/text.ts'
import { table } from '../table.ts'
import type { HeardMeter } from './hearing.ts'

/** Which meters are shown, and in which order. */
export interface Selection {
  readonly sort: Sort
  /** Part of any column, in any case. */
  readonly filter?: string
  readonly manufacturer?: string
  readonly type?: string
}

export const SORTS = ['meter', 'type', 'dbm', 'count', 'last'] as const
export type Sort = (typeof SORTS)[number]

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** The strongest, the most often heard and the one heard last come first. */
const ORDERS: Readonly<Record<Sort, (a: HeardMeter, b: HeardMeter) => number>> = {
  meter: (a, b) => byText(a.meter, b.meter),
  type: (a, b) => byText(a.type, b.type),
  dbm: (a, b) => (b.rssi ?? Number.NEGATIVE_INFINITY) - (a.rssi ?? Number.NEGATIVE_INFINITY) || 0,
  count: (a, b) => b.telegrams - a.telegrams,
  last: (a, b) => b.lastMs - a.lastMs,
}

const contains = (text: string, part: string | undefined): boolean => part === undefined || text.toLowerCase().includes(part.toLowerCase())

export const isSelected = (m: HeardMeter, { filter, manufacturer, type }: Selection): boolean =>
  contains([m.meter, m.type, protectionText(m), m.mode, m.values, heardByText(m.receivers)].join('\n'), filter) &&
  (manufacturer === undefined || m.manufacturer === manufacturer.toUpperCase()) &&
  contains(m.type, type)

const selected = (meters: readonly HeardMeter[], selection: Selection): HeardMeter[] =>
  meters.filter((meter) => isSelected(meter, selection)).sort((a, b) => ORDERS[selection.sort](a, b) || byText(a.meter, b.meter))

const protectionText = ({ encrypted, key }: HeardMeter): string => (key === undefined ? encrypted : `${encrypted}, ${key}`)

/** `mast -71 roof -80 mast (repeater) -60`: everyone who hears it, with the dBm of the last telegram there. */
export const heardByText = (by: readonly HeardBy[]): string =>
  by
    .map(({ receiver, rssi, relayed }) =>
      [receiver, ...(relayed ? ['(repeater)'] : []), ...(rssi === null ? [] : [rssi.toFixed(0)])].join(' '),
    )
    .join(', ')

const COLUMNS = ['METER', 'TYPE', 'DBM', 'MODE', 'ENCRYPTED', 'COUNT', 'LAST', 'RECEIVER', 'VALUES']

/** The selected meters as a table for people; `nowMs` is of the clock that they were heard by. */
export const selectedText = (meters: readonly HeardMeter[], selection: Selection, nowMs: number): string =>
  table(
    COLUMNS,
    selected(meters, selection).map((m) => [
      m.meter,
      m.type,
      m.rssi === null ? null : m.rssi.toFixed(0),
      m.mode,
      protectionText(m),
      m.telegrams,
      `${ageText(nowMs - m.lastMs)} ago`,
      heardByText(m.receivers),
      m.values,
    ]),
  )

/** Each receiver on a line: what it is and whether it receives. */
export const receiversText = (receivers: readonly ReceiverHealth[]): string =>
  receivers
    .map(({ name, at, state, trouble, telegrams, device = '' }) =>
      [`${name} (${at}): ${trouble ?? state}`, count(telegrams, 'telegram'), device].filter((part) => part !== '').join(', '),
    )
    .join('\n')

/** One telegram on one line, columns under one another as far as their usual width goes. */
export const lineText = (m: HeardMeter, { rssi, mode }: Telegram, at: string | null): string =>
  [
    at ?? '(time not known)',
    m.meter.padEnd(12),
    m.type.padEnd(12),
    (rssi === null ? '' : `${rssi.toFixed(0)} dBm`).padStart(8),
    (mode ?? '').padEnd(3),
    (m.encrypted === 'no' ? 'plain' : protectionText(m)).padEnd(8),
    m.values ?? '',
  ]
    .join('  ')
    .trimEnd()

/** The same telegram, heard by another receiver or sent on by a repeater. */
export const againText = (m: HeardMeter, { receiver, rssi, mode }: Telegram, at: string | null, relayed: boolean): string =>
  [
    ...[at ?? '(time not known)', m.meter.padEnd(12), m.type.padEnd(12)],
    ...[(rssi === null ? '' : `${rssi.toFixed(0)} dBm`).padStart(8), (mode ?? '').padEnd(3)],
    `again: ${receiver}${relayed ? ', by a repeater' : ''}`,
  ].join('  ')

/** How many telegrams ended how. */
export interface Counts {
  readonly new: number
  readonly repeated: number
  /** Copies that a repeater sent of what was heard before. */
  readonly relayed: number
  readonly unaddressed: number
  readonly damaged: number
  /** Heard, and left out by the options. */
  readonly hidden: number
}

/** What was heard in all, and what of it was lost on the way, for the end of a command. */
export function countersText(counts: Counts, meters: number, receivers: readonly ReceiverHealth[]): string {
  const telegrams = counts.new + counts.repeated + counts.relayed + counts.unaddressed + counts.damaged
  const parts = [
    `${count(telegrams, 'telegram')} of ${count(meters, 'meter')}`,
    some(counts.repeated, 'repeated'),
    some(counts.relayed, 'sent on by repeaters'),
    some(counts.damaged, 'damaged'),
    some(counts.unaddressed, 'without an address'),
    some(counts.hidden, 'not shown'),
  ]
  const lost = receivers.map(
    ({ name, bytes, skipped, badChecksums, dropped = 0 }) =>
      `${name}: ${[`${count(bytes, 'byte')}`, `${skipped} skipped`, `${badChecksums} wrong checksums`, some(dropped, 'dropped')].filter(Boolean).join(', ')}`,
  )
  return [parts.filter(Boolean).join(', '), ...lost].join('\n')
}

const some = (n: number, what: string): string => (n === 0 ? '' : `${n} ${what}`)
