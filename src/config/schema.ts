import { z } from 'zod'
import { LOG_LEVELS } from '../log.ts'
import { csv } from './csv.ts'
import { duration } from './duration-setting.ts'
import { http } from './http.ts'
import { keep } from './keep.ts'
import { metrics } from './metrics.ts'
import { receiver } from './receiver.ts'
import { series } from './series.ts'
import { sms } from './sms.ts'
import { telemetry } from './telemetry.ts'
import { name, path, secretPath, TOGETHER } from './texts.ts'

const isTimeZone = (zone: string): boolean => {
  try {
    return /^[A-Z]/.test(zone) && new Intl.DateTimeFormat('en', { timeZone: zone }) !== null
  } catch {
    return false
  }
}

const unique = (key: 'name' | 'at', error: string) =>
  z.superRefine<readonly unknown[]>((list, issues) => {
    const values = (Array.isArray(list) ? list : []).map((item) => (item as Readonly<Record<string, unknown>> | null)?.[key])
    for (const [i, value] of values.entries())
      if (value !== undefined && value !== 'auto' && values.indexOf(value) < i)
        issues.addIssue({ code: 'custom', path: [i, key], message: error })
  }, TOGETHER)

const brokerUrl = z.string().superRefine((url, issue) => {
  const parsed = URL.canParse(url) ? new URL(url) : null
  if (parsed?.username || parsed?.password || url.includes('@'))
    issue.addIssue({ code: 'custom', message: 'must not carry a user or password: set user and passwordFile' })
  else if (!parsed?.hostname || !['mqtt:', 'mqtts:'].includes(parsed.protocol))
    issue.addIssue({ code: 'custom', message: 'must be mqtts://host:8883 (or mqtt://host:1883 without encryption)' })
})

const requests = z.strictObject({
  allow: z
    .array(z.enum(['resend']))
    .min(1)
    .default(['resend'])
    .describe('What may be asked'),
  secretFile: secretPath
    .exactOptional()
    .describe('File with the secret that signs requests, 32 characters or more; left out: the systemd credential mqtt-requests'),
})

const mqtt = z
  .strictObject({
    url: brokerUrl.describe('The broker: mqtts://host:8883'),
    ca: path.exactOptional().describe('PEM file of the broker’s certificate authority; left out: those of the system'),
    cert: path.exactOptional().describe('PEM file of this gateway’s own certificate'),
    key: secretPath.exactOptional().describe('PEM file of its private key'),
    user: z.string().min(1, 'must not be empty').exactOptional(),
    passwordFile: secretPath.exactOptional().describe('File with the password; left out: the systemd credential mqtt-password'),
    protocol: z.literal([5, 4]).default(5).describe('MQTT 5, or 4 (that is MQTT 3.1.1) for old brokers'),
    prefix: z
      .string()
      .regex(/^[^/+#$\s][^+#\s]*(?<!\/)$/, 'must be a topic without "+", "#", spaces or a "/" at either end')
      .default('varmesky/v1')
      .describe('First levels of every topic'),
    noSubscribers: z
      .enum(['hold', 'accept'])
      .default('hold')
      .describe('When the broker says that nobody is subscribed: hold the message and try again, or accept (brokers with bridges)'),
    receipts: z
      .enum(['none', 'id', 'day'])
      .default('none')
      .describe('Billing tells what it has: by id, or by day and digest; without, a reading counts as delivered once the broker has it'),
    requests: z
      .union([z.literal('none'), requests])
      .default('none')
      .describe('Let billing ask for readings again over MQTT 5, signed'),
    telemetry: telemetry.exactOptional().describe('What meters say between two readings; left out: nothing'),
  })
  .refine((m) => m?.requests === undefined || m.requests === 'none' || m.protocol !== 4, {
    ...TOGETHER,
    path: ['requests'],
    error: 'needs MQTT 5 (protocol: 5): an answer has nowhere to go in 3.1.1',
  })
  .refine((m) => (m?.cert === undefined) === (m?.key === undefined), {
    ...TOGETHER,
    path: ['cert'],
    error: 'needs key, and key needs cert',
  })

const meters = z.strictObject({
  unlisted: z
    .enum(['count', 'list'])
    .default('count')
    .describe(
      'Telegrams of meters that are not registered are dropped undecoded and counted; list also keeps their addresses for a day, in RAM',
    ),
  plain: z
    .enum(['refuse', 'report'])
    .default('refuse')
    .describe('A plain telegram from a meter that has a key: refuse it, or report it as plain'),
  types: path.exactOptional().describe('Directory of JSON files with meter types of your own; they win over the built-in ones'),
})

const DAY_PARTS = ['registers', 'status', 'momentary', 'stored'] as const
const day = z.strictObject({
  tolerance: duration('1s', '12h').prefault('15m').describe('How far from midnight counts as "at the boundary"'),
  closesAfter: duration('1m', '1d')
    .prefault('2h')
    .describe('How long after midnight the day is closed; later, better evidence is sent again'),
  include: z
    .array(z.enum(DAY_PARTS))
    .refine((parts) => parts.includes('registers'), 'must contain registers: they are what is billed')
    .default([...DAY_PARTS])
    .describe('What a reading carries; momentary: temperatures and flow of that moment, stored: ends of months and target dates'),
})

const clock = z.strictObject({
  trust: z
    .union([z.enum(['auto', 'always']), z.string().regex(/^\//)], 'must be auto, always, or the absolute path of a file')
    .default('auto')
    .describe('When the time counts as right: auto (systemd-timesyncd, or varmesky-time.service), always, or once this file is there'),
})

const SIZE = /^(\d{1,6})(MB|GB)$/
const NOT_A_SIZE = 'must be a size such as 500MB or 2GB'
const store = z.strictObject({
  maxSize: z
    .string(NOT_A_SIZE)
    .regex(SIZE, NOT_A_SIZE)
    .transform((text) => {
      const [, n, unit] = SIZE.exec(text) ?? ['', '0', 'MB']
      return Number(n) * (unit === 'GB' ? 1_000_000_000 : 1_000_000)
    })
    .refine((bytes) => bytes >= 10_000_000, 'must be 10MB or more')
    .prefault('1GB')
    .describe('What the database file may grow to; at that size the oldest confirmed messages give way, not younger than 14 days'),
})

const log = z.strictObject({
  level: z.enum(LOG_LEVELS).default('info'),
  meterIds: z.enum(['full', 'hashed']).default('full').describe('hashed where the log server is shared'),
})

/** The configuration file as it is written. Only what works is in it: an unknown setting is an error. */
export const fileSchema = z.strictObject({
  gateway: name.describe('Name of this box in topics and reports'),
  timeZone: z
    .string()
    .refine(isTimeZone, 'must be an IANA time zone such as Europe/Copenhagen')
    .default('Europe/Copenhagen')
    .describe('A day ends at midnight here'),
  stateDirectory: path.exactOptional().describe('Keys, meters, readings and outbox; left out: $STATE_DIRECTORY or /var/lib/varmesky'),
  runtimeDirectory: path.exactOptional().describe('The control socket; left out: $RUNTIME_DIRECTORY or /run/varmesky'),
  kekFile: secretPath.exactOptional().describe('Seals the meter keys; left out: the systemd credential kek, or /etc/varmesky/kek'),
  receivers: z
    .array(receiver)
    .check(unique('name', 'is the name of another receiver'), unique('at', 'is the port of another receiver'))
    .default([]),
  meters: meters.prefault({}),
  day: day.prefault({}),
  clock: clock.prefault({}),
  mqtt: mqtt.exactOptional(),
  csv: csv.exactOptional(),
  http: http.exactOptional(),
  sms: sms.exactOptional(),
  stdout: z.boolean().default(false).describe('Write every message to standard output as well, one JSON object per line'),
  store: store.prefault({}),
  keep: keep.prefault({}),
  series: series.exactOptional().describe('Hourly values, stored and exported by "varmesky readings series"; left out: none are kept'),
  log: log.prefault({}),
  metrics: metrics.exactOptional(),
})

export type ConfigFile = z.infer<typeof fileSchema>

/** JSON Schema of the configuration file, for editors. */
export const jsonSchema = (): object => ({
  title: 'Varmesky configuration',
  ...z.toJSONSchema(fileSchema, { io: 'input' }),
})
