/** The way in for meters that report by SMS: modem and spool directory, inbox, and what judges, put together. */
import type { Config } from '../../config.ts'
import type { SmsStatus } from '../../control/status.ts'
import type { Registry } from '../../decoders/index.ts'
import type { Observation } from '../../decoders/observation.ts'
import type { Habit } from '../../memory/habits.ts'
import type { RegisteredMeters } from '../../memory/registered.ts'
import type { SmsSources } from '../../memory/sms-sources.ts'
import { serialPort } from '../../receivers/ports/serial.ts'
import { sourceCounts } from '../../reports/sms-sources.ts'
import { smsAlarms } from '../../sms/alarms.ts'
import type { Asking } from '../../sms/asking.ts'
import { type Inbox, openInbox } from '../../sms/inbox.ts'
import { momentOf } from '../../sms/local-times.ts'
import { type Modem, startModem } from '../../sms/modem/modem.ts'
import { pinIn } from '../../sms/modem/pin-file.ts'
import { sendersIn } from '../../sms/sender-list.ts'
import type { Senders } from '../../sms/senders.ts'
import { type Spool, watchSpool } from '../../sms/spool.ts'
import type { Surroundings } from '../surroundings.ts'
import { type SmsActions, smsActions } from './asked.ts'
import { askingBy } from './asking.ts'
import { smsProblems } from './check.ts'
import { phonesOf } from './find.ts'
import { judgeOf } from './judging.ts'
import { keptIn } from './kept.ts'

export interface SmsLineParts extends Pick<Surroundings, 'config' | 'clock' | 'log' | 'store' | 'tell'> {
  readonly sms: NonNullable<Config['sms']>
  readonly meters: RegisteredMeters
  readonly registry: Registry
  readonly sources: SmsSources
  /** When meters are heard by radio. */
  readonly habits: ReadonlyMap<string, Habit>
  offer(observation: Observation): void
}

export interface SmsLine {
  readonly actions: SmsActions
  start(): void
  stop(): Promise<void>
  /** Whether messages can come in now. */
  isReceiving(): boolean
  state(): SmsStatus
}

const BAUD = 115_200
const LOOK_MS = 60_000

/** Throws an error that says what to try, where senders or templates cannot be read. */
export function openSmsLine(parts: SmsLineParts): SmsLine {
  const { config, sms, clock, log, store, sources } = parts
  const [problem] = smsProblems(sms)
  if (problem !== undefined) throw new Error(problem)
  const senders = sendersIn(sms.senders, log)
  // What was accepted before a restart is offered again before there is anyone to ask.
  let asking: Asking | null = null
  const inbox = inboxOf(parts, senders, (meter) => asking?.answered(meter))
  const modem = modemOf(parts, inbox)
  const phones = (): ReadonlyMap<string, string> => phonesOf(store, sources, senders())
  if (modem) asking = askingBy(parts, modem, phones)
  const spool = sms.spool
    ? watchSpool({ ...sms.spool, commit: inbox.take, momentOf: (time) => momentOf(time, config.timeZone), clock, log })
    : null
  const cancel = clock.every(LOOK_MS, lookAfter(parts, inbox, modem))
  return {
    actions: smsActions({ ...parts, inbox, asking, modem, phones }),
    // Not waited for: a SIM without its PIN, or a modem that is not there yet, keeps nobody else.
    start() {
      spool?.start()
      void modem?.start()
    },
    async stop() {
      cancel()
      asking?.stop()
      spool?.stop()
      await modem?.stop()
    },
    isReceiving: () => modem?.health().state === 'receiving' || spool?.health().trouble === null,
    state: () => stateOf(parts, inbox, modem, spool, asking),
  }
}

function inboxOf(parts: SmsLineParts, senders: () => Senders, answered: (meter: string) => void): Inbox {
  const { store, clock, log, tell } = parts
  return openInbox({
    book: store.sms,
    judge: judgeOf(parts, senders),
    offer(observation) {
      parts.offer(observation)
      answered(observation.meter)
    },
    quarantined: () => tell('sms.quarantine', { messages: store.sms.counts().quarantine }),
    clock,
    log,
  })
}

function modemOf({ sms, clock, log, store }: SmsLineParts, inbox: Inbox): Modem | null {
  if (sms.modem === undefined) return null
  return startModem({
    port: serialPort(sms.modem, BAUD, clock),
    at: sms.modem,
    pin: pinIn(sms.pinFile ?? null, keptIn(store.memory, 'sim-pin', 'given')),
    commit: inbox.take,
    deletes: true,
    clock,
    log,
  })
}

/** What is done once a minute. */
function lookAfter({ clock, tell }: SmsLineParts, inbox: Inbox, modem: Modem | null): () => void {
  const alarms = smsAlarms(clock.monotonicMs())
  return () => {
    inbox.expire()
    if (modem === null) return
    const { 'sms.modem': away, 'sms.storage-full': full } = alarms(modem.health(), clock.monotonicMs())
    if (away) tell('sms.modem', away)
    if (full) tell('sms.storage-full', full)
  }
}

const stateOf = (
  { store, sources }: SmsLineParts,
  inbox: Inbox,
  modem: Modem | null,
  spool: Spool | null,
  asking: Asking | null,
): SmsStatus => ({
  modem: modem?.health() ?? null,
  spool: spool?.health() ?? null,
  asking: asking?.state() ?? null,
  inbox: inbox.state(),
  stored: store.sms.counts(),
  sources: sourceCounts(store.meters.list(), sources.meters),
})
