/** The ways out as the configuration names them, and the way in for billing. */
import { readFileSync } from 'node:fs'
import type { Clock } from './clock.ts'
import type { Config, MqttConfig } from './config.ts'
import type { Tell } from './events.ts'
import { createInbound, type Inbound } from './inbound.ts'
import type { Log } from './log.ts'
import { createRequests } from './requests.ts'
import type { Certificate } from './sinks/certificates.ts'
import { csvSink } from './sinks/csv.ts'
import { STYLES } from './sinks/csv-columns.ts'
import { httpSink } from './sinks/http.ts'
import { type MqttParts, mqttSink } from './sinks/mqtt.ts'
import type { MqttOptions } from './sinks/mqtt-options.ts'
import type { Channel, Sink } from './sinks/sink.ts'
import { stdoutSink } from './sinks/stdout.ts'
import type { Keep } from './store/retention/retention.ts'
import type { Store } from './store/store.ts'

export interface WaysOutParts extends Pick<MqttParts, 'receive' | 'onExpiring' | 'live'> {
  readonly config: Config
  readonly clock: Clock
  readonly log: Log
  readonly version: string
}

/** The ways out that the configuration names. */
export function configuredSinks(parts: WaysOutParts): Sink[] {
  const { config, clock, log, version, receive, onExpiring, live } = parts
  const { mqtt, csv, http, gateway } = config
  /** Who cannot take what billing says asks the broker for nothing. */
  const mqttWay = (mqtt: MqttConfig): Sink => {
    const options = mqttOptions(mqtt, gateway, version)
    const surroundings = { clock, log, ...(onExpiring && { onExpiring }), ...(live && { live }) }
    return receive ? mqttSink({ ...options, channels: channelsOf(mqtt) }, { ...surroundings, receive }) : mqttSink(options, surroundings)
  }
  return [
    ...(mqtt ? [mqttWay(mqtt)] : []),
    ...(csv ? [csvSink({ directory: csv.directory, gateway, style: { ...STYLES[csv.style], ...csv } })] : []),
    ...(http ? [httpSink({ url: http.url, token: secretIn(http.tokenFile), clock })] : []),
    ...(config.stdout ? [stdoutSink()] : []),
  ]
}

export const mqttOptions = ({ passwordFile, ...mqtt }: MqttConfig, gateway: string, version: string): MqttOptions => ({
  ...mqtt,
  gateway,
  version,
  password: secretIn(passwordFile),
})

/** One event for all of them. */
export const expiryTold =
  (tell: Tell) =>
  (certificates: readonly Certificate[]): void => {
    const texts = certificates.map(({ whose, subject, notAfterMs }) => `${whose} ${subject} until ${new Date(notAfterMs).toISOString()}`)
    tell('certificate.expires', { certificates: texts.join('; ') })
  }

/** What billing may say. */
export const channelsOf = (mqtt: MqttConfig | undefined): readonly Channel[] => [
  ...(mqtt && mqtt.receipts !== 'none' ? (['receipt'] as const) : []),
  ...(mqtt && mqtt.requests !== 'none' ? (['request'] as const) : []),
]

/** The sinks whose far side confirms what it has. */
export const confirming = (mqtt: MqttConfig | undefined): readonly string[] => (mqtt && mqtt.receipts !== 'none' ? ['mqtt'] : [])

/** How long each kind of data stays. */
export const keptFor = ({ keep, series }: Config): Keep => ({ ...keep, ...(series && { series: series.keep }) })

/** What takes what billing says. */
export function inboundOf(
  { config, clock, log }: Pick<WaysOutParts, 'config' | 'clock' | 'log'>,
  { outbox, days, memory }: Store,
  tell: Tell,
): Inbound {
  const { receipts = 'none', requests = 'none' } = config.mqtt ?? {}
  return createInbound({
    ...{ outbox, days, clock, log, tell },
    receipts: receipts === 'none' ? null : receipts,
    requests:
      requests === 'none'
        ? null
        : createRequests({ outbox, memory, clock, log, allow: requests.allow, secret: secretIn(requests.secretFile) }),
  })
}

/** Read whenever it is needed: a new one needs no restart. */
const secretIn = (file: string | undefined) => (): string | undefined =>
  file === undefined ? undefined : readFileSync(file, 'utf8').trim()
