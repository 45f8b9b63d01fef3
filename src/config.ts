import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { LineCounter, parseDocument } from 'yaml'
import { schemaProblems, syntaxProblems } from './config/problems.ts'
import { type ConfigFile, fileSchema } from './config/schema.ts'

/** The effective configuration: every default filled in, every path absolute, every duration in milliseconds. */
export interface Config extends ConfigFile {
  readonly stateDirectory: string
  readonly runtimeDirectory: string
}

export type MqttConfig = NonNullable<Config['mqtt']>

export type Loaded = { readonly config: Config } | { readonly problems: readonly string[] }

/** Reads and checks the configuration. All problems are told at once, each as `file:line:col field: reason (got value)`. */
export const loadConfig = (file: string): Loaded => {
  const text = read(file)
  if (typeof text !== 'string') return { problems: [text.problem] }
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const source = { file, document, lines }
  const problems = syntaxProblems(source)
  if (problems.length > 0) return { problems }
  const parsed = fileSchema.safeParse(plain(document))
  return parsed.success
    ? { config: complete(parsed.data, dirname(resolve(file))) }
    : { problems: schemaProblems(source, parsed.error.issues) }
}

const read = (file: string): string | { problem: string } => {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT') return { problem: `${file}: no such file: create it with "varmesky init", or name another one with --config` }
    if (code === 'EACCES') return { problem: `${file}: this user may not read it: try with sudo` }
    return { problem: `${file}: cannot be read (${code})` }
  }
}

/** A setting that is written but left empty (`receivers:` and nothing below) counts as left out. */
const plain = (document: ReturnType<typeof parseDocument>): unknown => {
  const value: unknown = document.toJS()
  if (typeof value !== 'object' || value === null) return value
  return Array.isArray(value) ? value : Object.fromEntries(Object.entries(value).filter(([, part]) => part !== null))
}

const complete = (file: ConfigFile, base: string): Config => ({
  ...file,
  stateDirectory: resolve(base, file.stateDirectory ?? systemdDirectory('STATE_DIRECTORY') ?? '/var/lib/varmesky'),
  runtimeDirectory: resolve(base, file.runtimeDirectory ?? systemdDirectory('RUNTIME_DIRECTORY') ?? '/run/varmesky'),
  ...(file.kekFile !== undefined && { kekFile: resolve(base, file.kekFile) }),
  ...(file.meters.types !== undefined && { meters: { ...file.meters, types: resolve(base, file.meters.types) } }),
  ...(file.http?.tokenFile && { http: { ...file.http, tokenFile: resolve(base, file.http.tokenFile) } }),
  ...(file.csv && { csv: { ...file.csv, directory: resolve(base, file.csv.directory) } }),
  ...(file.mqtt && { mqtt: completeMqtt(file.mqtt, base) }),
  ...(file.sms && { sms: completeSms(file.sms, base) }),
  receivers: file.receivers.map((receiver) => ({
    ...receiver,
    ...absolute(base, { passwordFile: receiver.passwordFile, ca: receiver.ca, captureRaw: receiver.captureRaw }),
  })),
})

const completeMqtt = (mqtt: NonNullable<ConfigFile['mqtt']>, base: string): NonNullable<ConfigFile['mqtt']> => {
  const passwordFile = mqtt.passwordFile ?? credential('mqtt-password')
  const paths = absolute(base, { ca: mqtt.ca, cert: mqtt.cert, key: mqtt.key, passwordFile })
  return { ...mqtt, ...paths, requests: completeRequests(mqtt.requests, base) }
}

/** The paths that are set, each from where the configuration stands. */
const absolute = (base: string, paths: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(paths).flatMap(([name, path]) => (path === undefined ? [] : [[name, resolve(base, path)]])))

type SmsConfig = NonNullable<ConfigFile['sms']>
const completeSms = (sms: SmsConfig, base: string): SmsConfig => {
  const pinFile = sms.pinFile ?? credential('sim-pin')
  const spool = sms.spool && { ...sms.spool, directory: resolve(base, sms.spool.directory) }
  return {
    ...sms,
    senders: resolve(base, sms.senders),
    ...(pinFile !== undefined && { pinFile: resolve(base, pinFile) }),
    ...(spool && { spool }),
  }
}

type MqttRequests = NonNullable<ConfigFile['mqtt']>['requests']
const completeRequests = (requests: MqttRequests, base: string): MqttRequests => {
  if (requests === 'none') return requests
  const secretFile = requests.secretFile ?? credential('mqtt-requests')
  return { ...requests, ...(secretFile !== undefined && { secretFile: resolve(base, secretFile) }) }
}

/** systemd separates several directories of one kind with colons; the first one is ours. */
const systemdDirectory = (variable: string): string | undefined => process.env[variable]?.split(':')[0] || undefined

const credential = (name: string): string | undefined => {
  const directory = process.env['CREDENTIALS_DIRECTORY']
  const path = `${directory}/${name}`
  return directory && existsSync(path) ? path : undefined
}
