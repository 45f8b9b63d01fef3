import { MODES } from '../../control/modes.ts'
import type { ClockStatus, GatewayStatus, SmsStatus, StoreStatus } from '../../control/status.ts'
import type { SinkStatus } from '../../delivery.ts'
import type { ReceiverHealth } from '../../receivers/receiver.ts'
import { count } from '../output.ts'
import { table } from '../table.ts'

const MOST_REASONS = 5
const MOST_UNLISTED = 10
/** More than one commit's worth in memory is worth a word. */
const MOST_WAITING = 200

/** The moment a status is shown at, by the clocks it refers to. */
export interface Moment {
  readonly utcMs: number | null
  readonly monotonicMs: number
}

/** One screen for a person: who is heard, what became of it, what waits. */
export const statusText = (status: GatewayStatus, now: Moment): string =>
  [
    `${status.gateway}, Varmesky ${status.version}, ${sinceText(status.startedAt, now)}`,
    ...(status.mode === 'normal'
      ? []
      : [`${MODES[status.mode]}, after ${count(status.failedStarts, 'start')} that did not live: varmesky doctor`]),
    receiversText(status.receivers, now, status.sms !== null),
    table(
      ['', ''],
      [
        ['telegrams', ranked(status.outcomes, Number.POSITIVE_INFINITY) || 'none yet'],
        ['faults', ranked(status.reasons, MOST_REASONS) || 'none'],
        ['not used', ranked(status.ignored, MOST_REASONS) || 'none'],
        ['meters', metersText(status.meters)],
        ['days', dayText(status)],
        ...(isNews(status.clock) ? [['clock', clockText(status.clock)]] : []),
        ...(isInOrder(status.store) ? [] : [['store', storeText(status.store, now)]]),
        ...(status.retention?.lost ? [['lost', lostText(status.retention.lost)]] : []),
        ...(status.sms ? [['sms', smsLine(status.sms)]] : []),
        ...(status.unlisted ? [['unlisted', unlistedText(status.unlisted)]] : []),
      ],
    ).trimStart(),
    sinksText(status.sinks, now),
  ].join('\n\n')

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const

/** The largest unit that fits: `4 s`, `12 min`, `3 h`, `2 d`. */
export const ageText = (ms: number): string => {
  const [unit, size] = UNITS.find(([, size]) => ms >= size) ?? UNITS[3]
  return `${Math.max(0, Math.floor(ms / size))} ${unit}`
}

const sinceText = (startedAt: string | null, now: Moment): string =>
  startedAt === null || now.utcMs === null ? 'running' : `running for ${ageText(now.utcMs - Date.parse(startedAt))}`

const receiversText = (receivers: readonly ReceiverHealth[], now: Moment, bySms: boolean): string => {
  if (receivers.length === 0) return `No receivers are configured: nothing can be heard${bySms ? ' by radio' : ''}.`
  const row = (r: ReceiverHealth) => [
    r.name,
    r.use,
    r.state,
    r.telegrams,
    r.lastTelegramMs === null ? 'never' : `${ageText(now.monotonicMs - r.lastTelegramMs)} ago`,
    r.lastRssi?.toFixed(0),
    r.skipped,
    r.badChecksums,
    r.reopened,
    r.trouble ?? (r.dropped ? `${r.dropped} dropped: more comes than can be fetched` : null),
  ]
  return table(['RECEIVER', 'USE', 'STATE', 'TELEGRAMS', 'LAST', 'DBM', 'SKIPPED', 'BAD', 'REOPENED', 'TROUBLE'], receivers.map(row))
}

const metersText = ({ heardToday, registered, nextKeys }: GatewayStatus['meters']): string =>
  `${heardToday} of ${registered} heard today${nextKeys > 0 ? `; ${nextKeys} with a next key that opened nothing yet` : ''}`

/** `observation 120, duplicate 14`: the greatest first, without those that did not happen. */
const ranked = (counts: Readonly<Record<string, number>>, most: number): string => {
  const happened = Object.entries(counts)
    .filter(([, n]) => n > 0)
    .sort(([, a], [, b]) => b - a)
  const shown = happened.slice(0, most).map(([name, n]) => `${name} ${n}`)
  return [...shown, ...(happened.length > most ? [`${happened.length - most} other kinds`] : [])].join(', ')
}

const dayText = ({ day }: GatewayStatus): string => {
  if (!day) return 'the clock is not known to be right: no reading gets a date before it is'
  const { yesterday } = day
  return `${day.day} is running; ${yesterday.day} ${yesterday.closed ? 'is closed' : 'is still open'} with ${yesterday.readings} of ${yesterday.expected} readings`
}

/** Shown while the time is not known, and where nobody vouches for it. */
const isNews = ({ known, reason }: ClockStatus): boolean => !known || reason === 'nobody'

const clockText = ({ text, provisional: { held } }: ClockStatus): string =>
  `${text}${held > 0 ? `; ${count(held, 'observation')} wait${held === 1 ? 's' : ''} for the time` : ''}`

const isInOrder = ({ state, waiting, dropped, salvage }: StoreStatus): boolean =>
  state === 'ok' && salvage === null && dropped === 0 && waiting < MOST_WAITING

/** What each state means, and what to try. */
const STORE: Readonly<Record<StoreStatus['state'], string>> = {
  ok: 'the disk stores',
  full: 'the disk is full, or the file has reached store.maxSize with nothing confirmed and old enough to drop: make room',
  'io-error': 'the disk reports errors: look into the system log, and replace it',
  'read-only': 'the disk is read-only: repair it and mount it again',
  corrupt: 'the database is damaged and cannot be put aside yet',
  'not-a-database': 'the database is damaged and cannot be put aside yet',
  moved: 'the database file was moved or removed, and a copy cannot be made yet',
  locked: 'another program keeps the database locked: end that one',
}

const forText = (since: number | null, now: Moment): string =>
  since === null || now.utcMs === null ? '' : ` for ${ageText(now.utcMs - since)}`

const storeText = ({ state, since, reason, tries, waiting, dropped, salvage }: StoreStatus, now: Moment): string =>
  [
    STORE[state],
    ...(state === 'ok' ? [] : [`${state}${forText(since, now)}, ${count(tries, 'try', 'tries')} (${reason})`]),
    ...(waiting > 0 ? [`${count(waiting, 'message')} in memory only`] : []),
    ...(dropped > 0 ? [`${dropped} given up`] : []),
    ...(salvage ? [`reading out ${salvage.file}: ${salvage.saved} saved, ${salvage.damaged} damaged`] : []),
  ].join('; ')

const lostText = (lost: number): string =>
  `${count(lost, 'reading')} removed by age before billing had ${lost === 1 ? 'it' : 'them'}: connect it, or lengthen keep.unconfirmed`

const smsLine = ({ modem, spool, inbox, stored, sources }: SmsStatus): string =>
  [
    ...(modem ? [`modem ${modem.state}${modem.trouble === null ? '' : ` (${modem.trouble})`}`] : []),
    ...(modem?.registration ? [`network ${modem.registration}${modem.signalDbm === null ? '' : ` ${modem.signalDbm} dBm`}`] : []),
    ...(modem?.storage ? [`storage ${modem.storage.used} of ${modem.storage.total}`] : []),
    ...(spool
      ? [
          `spool ${spool.taken} taken${spool.unread > 0 ? `, ${spool.unread} files left` : ''}${spool.trouble === null ? '' : ` (${spool.trouble})`}`,
        ]
      : []),
    `${count(stored.accepted, 'message')} accepted`,
    ...(stored.quarantine > 0 ? [`${stored.quarantine} in quarantine (varmesky sms quarantine list)`] : []),
    ...(inbox.incomplete > 0 ? [`${inbox.incomplete} not whole yet`] : []),
    ...(sources.sms > 0 ? [`${count(sources.sms, 'meter')} by SMS`] : []),
    ...(sources.both > 0 ? [`${sources.both} by radio as well, or replaced (varmesky sms sources)`] : []),
  ].join('; ')

const unlistedText = (unlisted: NonNullable<GatewayStatus['unlisted']>): string => {
  const names = unlisted.slice(-MOST_UNLISTED).map(({ meter }) => meter)
  return `${count(unlisted.length, 'address', 'addresses')}${names.length > 0 ? `: ${names.join(', ')}${unlisted.length > names.length ? ' …' : ''}` : ''}`
}

const sinksText = (sinks: readonly SinkStatus[], now: Moment): string => {
  if (sinks.length === 0) return 'No way out is configured (mqtt, stdout): readings are stored and wait.'
  const row = (s: SinkStatus) => [
    s.sink,
    `${s.connected ? 'connected' : 'not connected'}${s.since === null || now.utcMs === null ? '' : ` for ${ageText(now.utcMs - s.since)}`}`,
    s.live,
    s.backlog,
    s.held,
    s.refused,
    s.trouble?.reason,
  ]
  const confirmed = sinks.flatMap(({ sink, receipts }) =>
    receipts ? [`${sink}: ${receipts.confirmed} readings confirmed, ${receipts.unconfirmed} accepted and not yet confirmed`] : [],
  )
  return [table(['SINK', 'STATE', 'WAITING', 'BACKLOG', 'HELD', 'REFUSED', 'LAST TROUBLE'], sinks.map(row)), ...confirmed].join('\n')
}
