/** The way in for meters that report by SMS: modem and spool directory, inbox, and what judges. It composes, and holds no rules. */
import { Temporal } from 'temporal-polyfill'
import { z } from 'zod'
import { type Clock, now } from './clock.ts'
import type { Config } from './config.ts'
import { controlError } from './control/control-error.ts'
import type { SmsStatus } from './control/status.ts'
import type { Registry } from './decoders/index.ts'
import type { Observation } from './decoders/observation.ts'
import type { Log } from './log.ts'
import type { RegisteredMeters } from './memory/registered.ts'
import { resolveMeter } from './meter-name.ts'
import { serialPort } from './receivers/serial.ts'
import { type Asking, openAsking } from './sms/asking.ts'
import type { KnownMeter } from './sms/formats/mbus.ts'
import { READY, type Template, templateProblem } from './sms/formats/template.ts'
import { openInbox } from './sms/inbox.ts'
import { judgeWith } from './sms/judge.ts'
import { instantOf, momentOf } from './sms/local-times.ts'
import { type Modem, startModem } from './sms/modem/modem.ts'
import { type Kept, pinIn } from './sms/modem/pin-file.ts'
import { submitPdu } from './sms/pdu/submit.ts'
import { sendersIn } from './sms/sender-list.ts'
import { metersIn, type Senders } from './sms/senders.ts'
import { watchSpool } from './sms/spool.ts'
import type { Memory, Store } from './store/store.ts'
import { manufacturerCode } from './wmbus/address.ts'

type SmsConfig = NonNullable<Config['sms']>

interface SmsLineParts {
  readonly config: Config
  readonly sms: SmsConfig
  readonly clock: Clock
  readonly log: Log
  readonly store: Store
  readonly meters: RegisteredMeters
  readonly registry: Registry
  offer(observation: Observation): void
}

export interface SmsLine {
  start(): void
  stop(): Promise<void>
  state(): SmsStatus
  /** Control actions; reject with what stands in the way. */
  accept(args: unknown): { readonly accepted: number; readonly meter: string }
  reject(args: unknown): { readonly rejected: number }
  ask(args: unknown): Promise<{ readonly asked: string }>
}

const BAUD = 115_200
const EXPIRE_MS = 60_000

/** Throws an error that says what to try, where senders or templates cannot be read. */
export function openSmsLine(parts: SmsLineParts): SmsLine {
  const { config, sms, clock, log, store } = parts
  const senders = sendersIn(sms.senders, log)
  // What was accepted before a restart is offered again before there is anyone to ask.
  let asking: Asking | null = null
  const inbox = openInbox({
    book: store.sms,
    judge: judgeWith({
      senders,
      templates: sms.formats.map(templateOf),
      now: () => now(clock),
      instantOf: (local, zone, notAfterMs) => instantOf(local, zone ?? config.timeZone, notAfterMs),
      registry: parts.registry,
      find: (name) => find(parts, name),
    }),
    offer(observation) {
      parts.offer(observation)
      asking?.answered(observation.meter)
    },
    clock,
    log,
  })
  const modem: Modem | null =
    sms.modem === undefined
      ? null
      : startModem({
          port: serialPort(sms.modem, BAUD, clock),
          at: sms.modem,
          pin: pinIn(sms.pinFile ?? null, keptIn(store.memory, 'sim-pin', 'given')),
          commit: inbox.take,
          deletes: true,
          clock,
          log,
        })
  asking =
    modem && openAsking({ ...askingOf(parts), meters: () => metersIn(senders()), send: (meter) => question(sms, senders(), meter, modem) })
  const spool = sms.spool
    ? watchSpool({ ...sms.spool, commit: inbox.take, momentOf: (time) => momentOf(time, config.timeZone), clock, log })
    : null
  const cancelExpiry = clock.every(EXPIRE_MS, inbox.expire)
  return {
    // Not waited for: a SIM without its PIN, or a modem that is not there yet, keeps nobody else.
    start() {
      spool?.start()
      void modem?.start()
    },
    async stop() {
      cancelExpiry()
      asking?.stop()
      spool?.stop()
      await modem?.stop()
    },
    state: () => ({
      modem: modem?.health() ?? null,
      spool: spool?.health() ?? null,
      asking: asking?.state() ?? null,
      inbox: inbox.state(),
      stored: store.sms.counts(),
    }),
    accept(args) {
      const message = numberIn(args)
      const done = inbox.accept(message)
      if ('problem' in done) throw controlError('refused', `Message ${message} stays where it is: ${done.problem}.`)
      return { accepted: message, meter: done.meter }
    },
    reject(args) {
      const message = numberIn(args)
      const problem = inbox.reject(message)
      if (problem) throw controlError('refused', `Nothing was done: ${problem.problem}.`)
      return { rejected: message }
    },
    async ask(args) {
      const checked = meterSchema.safeParse(args)
      const known = checked.success ? find(parts, checked.data.meter) : null
      if (known === null) throw controlError('invalid', 'There is no such meter, or several are called so.')
      if (asking === null) throw controlError('refused', 'There is no modem to ask with (sms.modem).')
      if (!metersIn(senders()).includes(known.meter)) throw controlError('refused', `${known.meter} has no number in the list of senders.`)
      const outcome = await asking.ask(known.meter)
      if (outcome !== 'asked') throw controlError('refused', `${known.meter} was not asked: ${NOT_ASKED[outcome]}.`)
      return { asked: known.meter }
    },
  }
}

const meterSchema = z.strictObject({ meter: z.string().min(1).max(64) })

const NOT_ASKED = {
  limit: 'as many questions as sms.ask.perDay allows were sent today',
  'not sent': 'the modem did not confirm that it was sent: varmesky status says how it does',
} as const

/** The document of GSM6H modules has this one command. */
const COMMAND = '=READ_HEAT_METER#'
const PER_DAY = 1_000

/** Sends the question to the number that reports the meter. */
async function question({ ask }: SmsConfig, senders: Senders, meter: string, modem: Modem): Promise<boolean> {
  const [phone] = [...senders].find(([phone, meters]) => phone.startsWith('+') && meters.has(meter)) ?? []
  const message = phone === undefined ? null : submitPdu(phone, ask?.command ?? COMMAND)
  return message !== null && (await modem.send(message))
}

function askingOf({ sms, config, clock, log, store }: SmsLineParts) {
  return {
    schedule: sms.ask ? { at: sms.ask.at, jitterMs: sms.ask.jitter, retries: sms.ask.retries } : null,
    perDay: sms.ask?.perDay ?? PER_DAY,
    clock,
    log,
    now() {
      const utcMs = clock.utcMs()
      if (utcMs === null) return null
      const local = Temporal.Instant.fromEpochMilliseconds(Math.floor(utcMs)).toZonedDateTimeISO(config.timeZone)
      return { day: local.toPlainDate().toString(), time: local.toPlainTime().toString().slice(0, 5) }
    },
    lastDay: keptIn(store.memory, 'sms-asked', 'day'),
    random: Math.random,
  }
}

const keptIn = (memory: Memory, kind: string, key: string): Kept => ({
  get: () => memory.load(kind).get(key) ?? null,
  set: (word) => memory.save(kind, new Map([[key, word]])),
})

const numberSchema = z.strictObject({ message: z.number().int().positive() })
function numberIn(args: unknown): number {
  const checked = numberSchema.safeParse(args)
  if (checked.success) return checked.data.message
  throw controlError('invalid', 'message: must be the number of a message')
}

function templateOf(format: SmsConfig['formats'][number]): Template {
  const template = typeof format === 'string' ? READY[format]! : (format as Template)
  const problem = templateProblem(template)
  if (problem !== null) throw new Error(`sms.formats: the template "${template.name}" ${problem}`)
  return template
}

/** The one meter in service that a name means, with its key. */
function find({ store, meters }: SmsLineParts, name: string): KnownMeter | null {
  const found = resolveMeter(store.meters.list(), name)
  const [only] = found
  if (only === undefined || found.length > 1 || only.retiredAt !== null) return null
  const address = { manufacturer: manufacturerCode(only.meter), id: Number.parseInt(only.meter.slice(4), 16), version: 0, deviceType: 0 }
  return { meter: only.meter, key: meters.find(address)?.key ?? null }
}
