/** What is looked at, in the order in which one would ask; each says what to try. */
import { existsSync, readdirSync, statfsSync } from 'node:fs'
import type { Config } from '../../config.ts'
import { MODES } from '../../control/modes.ts'
import type { GatewayStatus } from '../../control/status.ts'
import type { EventMessage } from '../../events.ts'
import { hostsOf } from '../init/drop-ins.ts'

export interface Patient {
  readonly config: Config
  /** Null where no daemon answers. */
  readonly status: GatewayStatus | null
  /** Events of the last day, from the database; null where it cannot be read. */
  readonly events: readonly EventMessage[] | null
  readonly registered: number
  /** Notes on the configuration. */
  readonly notes: readonly string[]
}

export interface Finding {
  readonly check: string
  readonly state: 'ok' | 'note' | 'bad'
  readonly text: string
}

type Verdict = Omit<Finding, 'check'>
const ok = (text: string): Verdict => ({ state: 'ok', text })
const note = (text: string): Verdict => ({ state: 'note', text })
const bad = (text: string): Verdict => ({ state: 'bad', text })

const LITTLE_BYTES = 200_000_000
const TOO_LITTLE_BYTES = 20_000_000
const MISSED = 0.95
const UNIT = '/etc/systemd/system/varmesky.service.d'

/** Of the running daemon; nothing is said of it where none runs. */
const running =
  (look: (status: GatewayStatus, patient: Patient) => readonly Verdict[]) =>
  (patient: Patient): readonly Verdict[] =>
    patient.status === null ? [] : look(patient.status, patient)

const CHECKS: Readonly<Record<string, (patient: Patient) => readonly Verdict[]>> = {
  configuration: ({ notes }) => (notes.length > 0 ? notes.map(note) : [ok('in order')]),
  daemon: ({ status }) => [
    status === null
      ? bad('not running: sudo systemctl start varmesky, then journalctl -u varmesky')
      : status.mode === 'normal'
        ? ok(`runs, Varmesky ${status.version}`)
        : bad(
            `${MODES[status.mode]}, after ${status.failedStarts} starts that did not live: journalctl -u varmesky, then systemctl reload varmesky`,
          ),
  ],
  database: ({ events, status }) => [
    ...(events === null ? [bad('cannot be read: varmesky db check, or use sudo')] : []),
    ...(status && status.store.state !== 'ok' ? [bad(`${status.store.state}: ${status.store.reason}`)] : []),
    ...(events !== null && (!status || status.store.state === 'ok') ? [ok('can be read')] : []),
  ],
  disk: ({ config }) => {
    const free = freeBytes(config.stateDirectory)
    if (free === null) return [note(`${config.stateDirectory} is not there yet, or this user may not see it`)]
    const text = `${Math.floor(free / 1_000_000)} MB free`
    return [free < TOO_LITTLE_BYTES ? bad(`${text}: make room`) : free < LITTLE_BYTES ? note(`${text}: make room`) : ok(text)]
  },
  time: running(({ clock }) => [clock.known ? ok(clock.text) : bad(clock.text)]),
  receivers: running(({ receivers, mode }) => {
    if (receivers.length === 0 && mode === 'normal') return [bad('none is configured: varmesky receivers probe')]
    return receivers.map(({ name, state, trouble }) =>
      state === 'receiving'
        ? ok(`${name} receives`)
        : state === 'ended'
          ? note(`${name} has ended`)
          : bad(`${name} ${state}: ${trouble ?? 'it starts'}`),
    )
  }),
  meters: ({ registered, status }) => [
    registered === 0
      ? bad('none is registered: varmesky meters import FILE')
      : status === null
        ? ok(`${registered} registered`)
        : ok(`${status.meters.heardToday} of ${registered} heard today`),
  ],
  days: running(({ day }) => {
    if (day === null || !day.yesterday.closed) return []
    const { readings, expected } = day.yesterday
    const text = `${readings} of ${expected} readings of ${day.yesterday.day}`
    return [readings < MISSED * expected ? bad(`${text}: varmesky report silent`) : ok(text)]
  }),
  'ways out': running(({ sinks }) => {
    if (sinks.length === 0) return [bad('none is configured: readings are stored and wait')]
    return sinks.flatMap(({ sink, connected, live, backlog, held, refused, trouble }) => [
      connected
        ? ok(`${sink} is connected, ${live + backlog + held} waiting`)
        : bad(`${sink} is away: ${trouble?.reason ?? 'not tried yet'}`),
      ...(refused > 0 ? [bad(`${sink} refused ${refused}: varmesky outbox list`)] : []),
    ])
  }),
  unit: ({ config }) => {
    const hosts = hostsOf(config)
    if (!existsSync('/run/systemd/system') || hosts.length === 0) return []
    const granted = existsSync(UNIT) && readdirSync(UNIT).length > 0
    return granted ? [] : [note(`it may speak to this machine only, not to ${hosts.join(', ')}: sudo varmesky init`)]
  },
  events: ({ events }) => {
    const grave = (events ?? []).filter(({ severity }) => severity === 'error')
    const kinds = [...new Set(grave.map(({ event }) => event))]
    return [
      grave.length > 0
        ? note(`${grave.length} grave in the last day (${kinds.join(', ')}): varmesky events --severity error`)
        : ok('none grave in the last day'),
    ]
  },
}

export const examine = (patient: Patient): readonly Finding[] =>
  Object.entries(CHECKS).flatMap(([check, look]) => look(patient).map((verdict) => ({ check, ...verdict })))

const freeBytes = (directory: string): number | null => {
  try {
    const { bavail, bsize } = statfsSync(directory)
    return bavail * bsize
  } catch {
    return null
  }
}
