/** Every figure that is told to Prometheus, as data: docs/metrics.md names the same. */
import type { GatewayStatus } from '../control/status.ts'

type Labels = Readonly<Record<string, string>>

export interface Sample {
  readonly value: number
  readonly labels?: Labels
}

export interface Metric {
  readonly name: string
  /** `counter`: rises from the start of the daemon on. */
  readonly type: 'gauge' | 'counter'
  readonly help: string
  /** Never a meter's number. */
  readonly labels?: readonly ('outcome' | 'reason' | 'receiver' | 'sink' | 'queue' | 'version' | 'state' | 'step')[]
  /** None where it cannot be told now: a gap, not a zero. */
  samples(status: GatewayStatus): readonly Sample[]
}

const one = (value: number | boolean | null | undefined): readonly Sample[] =>
  value === null || value === undefined ? [] : [{ value: Number(value) }]

const byKey = (label: string, counts: Readonly<Record<string, number>>): readonly Sample[] =>
  Object.entries(counts).map(([key, value]) => ({ value, labels: { [label]: key } }))

type Receiver = GatewayStatus['receivers'][number]
const ofReceivers =
  (value: (receiver: Receiver) => number | undefined) =>
  ({ receivers }: GatewayStatus): readonly Sample[] =>
    receivers.flatMap((receiver) => one(value(receiver)).map((sample) => ({ ...sample, labels: { receiver: receiver.name } })))

type Sink = GatewayStatus['sinks'][number]
const ofSinks =
  (value: (sink: Sink) => number | undefined) =>
  ({ sinks }: GatewayStatus): readonly Sample[] =>
    sinks.flatMap((sink) => one(value(sink)).map((sample) => ({ ...sample, labels: { sink: sink.sink } })))

export const METRICS: readonly Metric[] = [
  {
    name: 'varmesky_info',
    type: 'gauge',
    help: 'Always 1; the version that runs',
    labels: ['version'],
    samples: ({ version }) => [{ value: 1, labels: { version } }],
  },
  {
    name: 'varmesky_safe_mode',
    type: 'gauge',
    help: '1 in safe mode: the daemon did not live several times in a row',
    samples: (s) => one(s.mode !== 'normal'),
  },
  {
    name: 'varmesky_telegrams_total',
    type: 'counter',
    help: 'Telegrams received, by how they ended; the sum is all that were received',
    labels: ['outcome'],
    samples: ({ outcomes }) => byKey('outcome', outcomes),
  },
  {
    name: 'varmesky_telegrams_lost_total',
    type: 'counter',
    help: 'Telegrams with a fault or refused, by the reason',
    labels: ['reason'],
    samples: ({ reasons }) => byKey('reason', reasons),
  },
  {
    name: 'varmesky_observations_ignored_total',
    type: 'counter',
    help: 'Observations that speak for no day, by the reason',
    labels: ['reason'],
    samples: ({ ignored }) => byKey('reason', ignored),
  },
  {
    name: 'varmesky_receiver_up',
    type: 'gauge',
    help: '1 while it receives, 0 while its port is closed or it is silent',
    labels: ['receiver'],
    samples: ofReceivers(({ state }) => Number(state === 'receiving')),
  },
  {
    name: 'varmesky_receiver_telegrams_total',
    type: 'counter',
    help: 'Telegrams from this receiver',
    labels: ['receiver'],
    samples: ofReceivers(({ telegrams }) => telegrams),
  },
  {
    name: 'varmesky_receiver_bytes_total',
    type: 'counter',
    help: 'Bytes from this receiver',
    labels: ['receiver'],
    samples: ofReceivers(({ bytes }) => bytes),
  },
  {
    name: 'varmesky_receiver_skipped_bytes_total',
    type: 'counter',
    help: 'Bytes skipped while looking for the next frame',
    labels: ['receiver'],
    samples: ofReceivers(({ skipped }) => skipped),
  },
  {
    name: 'varmesky_receiver_bad_checksums_total',
    type: 'counter',
    help: 'Frames whose host-link checksum was wrong',
    labels: ['receiver'],
    samples: ofReceivers(({ badChecksums }) => badChecksums),
  },
  {
    name: 'varmesky_receiver_dropped_total',
    type: 'counter',
    help: 'Datagrams the system dropped and connections beyond the most, of a port where many may send',
    labels: ['receiver'],
    samples: ofReceivers(({ dropped }) => dropped),
  },
  {
    name: 'varmesky_receiver_reopened_total',
    type: 'counter',
    help: 'Times it was set up anew after it had been receiving',
    labels: ['receiver'],
    samples: ofReceivers(({ reopened }) => reopened),
  },
  {
    name: 'varmesky_receiver_recoveries_total',
    type: 'counter',
    help: 'What was done about its silence: asked, set up, reset, reopened',
    labels: ['receiver', 'step'],
    samples: ({ receivers }) =>
      receivers.flatMap(({ name, recoveries = {} }) =>
        Object.entries(recoveries).map(([step, value]) => ({ value, labels: { receiver: name, step } })),
      ),
  },
  { name: 'varmesky_meters_registered', type: 'gauge', help: 'Meters in the list, not retired', samples: (s) => one(s.meters.registered) },
  { name: 'varmesky_meters_heard_today', type: 'gauge', help: 'Of those, heard since midnight', samples: (s) => one(s.meters.heardToday) },
  { name: 'varmesky_clock_known', type: 'gauge', help: '1 while the time is known to be right', samples: (s) => one(s.clock.known) },
  {
    name: 'varmesky_observations_undated',
    type: 'gauge',
    help: 'Observations that wait for the time',
    samples: (s) => one(s.clock.provisional.held),
  },
  {
    name: 'varmesky_yesterday_closed',
    type: 'gauge',
    help: '1 once yesterday is closed; no value while the time is not known',
    samples: (s) => one(s.day?.yesterday.closed),
  },
  {
    name: 'varmesky_yesterday_readings',
    type: 'gauge',
    help: 'Meters with a reading of yesterday',
    samples: (s) => one(s.day?.yesterday.readings),
  },
  {
    name: 'varmesky_sink_connected',
    type: 'gauge',
    help: '1 while the line to the sink is open',
    labels: ['sink'],
    samples: ofSinks(({ connected }) => Number(connected)),
  },
  {
    name: 'varmesky_sink_messages',
    type: 'gauge',
    help: 'Messages not delivered: live (today’s), backlog (older), held (try again later), refused (given up)',
    labels: ['sink', 'queue'],
    samples: ({ sinks }) =>
      sinks.flatMap(({ sink, live, backlog, held, refused }) =>
        byKey('queue', { live, backlog, held, refused }).map(({ value, labels }) => ({ value, labels: { ...labels, sink } })),
      ),
  },
  {
    name: 'varmesky_sink_unconfirmed',
    type: 'gauge',
    help: 'Readings the sink has taken and billing has not confirmed; only where receipts come',
    labels: ['sink'],
    samples: ofSinks(({ receipts }) => receipts?.unconfirmed),
  },
  { name: 'varmesky_store_ok', type: 'gauge', help: '1 while the disk takes what is written', samples: (s) => one(s.store.state === 'ok') },
  { name: 'varmesky_store_waiting', type: 'gauge', help: 'Messages in RAM that wait for the disk', samples: (s) => one(s.store.waiting) },
  {
    name: 'varmesky_store_dropped_total',
    type: 'counter',
    help: 'Messages given up because the disk refused for too long',
    samples: (s) => one(s.store.dropped),
  },
  {
    name: 'varmesky_readings_expired',
    type: 'gauge',
    help: 'Readings removed by age before they were delivered and confirmed, since the store was made',
    samples: (s) => one(s.retention?.lost),
  },
  {
    name: 'varmesky_sms_modem_up',
    type: 'gauge',
    help: '1 while the GSM modem receives; no value without one',
    samples: (s) => one(s.sms?.modem && s.sms.modem.state === 'receiving'),
  },
  {
    name: 'varmesky_sms_messages',
    type: 'gauge',
    help: 'SMS on disk, by what became of them',
    labels: ['state'],
    samples: (s) => (s.sms === null ? [] : byKey('state', s.sms.stored)),
  },
  {
    name: 'varmesky_sms_meters',
    type: 'gauge',
    help: 'meters that report by SMS, and those of them (both) that send by radio as well or were replaced',
    labels: ['state'],
    samples: (s) => (s.sms === null ? [] : byKey('state', s.sms.sources)),
  },
]
