import { auditList } from './audit/list.ts'
import { auditVerify } from './audit/verify.ts'
import { backup } from './backup/backup.ts'
import { restore } from './backup/restore.ts'
import type { Attach } from './command.ts'
import { completion } from './completion/completion.ts'
import { configCheck } from './config/check.ts'
import { configSchema } from './config/schema.ts'
import { configShow } from './config/show.ts'
import { dbCheck } from './db/check.ts'
import { dbPurge } from './db/purge.ts'
import { analyze, decode } from './decode/decode.ts'
import { redecode } from './decode/redecode.ts'
import { replay } from './decode/replay.ts'
import { doctor } from './doctor/doctor.ts'
import { events } from './events/events.ts'
import { init } from './init/init.ts'
import { keysCheck } from './keys/check.ts'
import { keysList } from './keys/list.ts'
import { keysRotateKek } from './keys/rotate-kek.ts'
import { keysTry } from './keys/try.ts'
import { listen } from './listen/listen.ts'
import { metersAdd } from './meters/add.ts'
import { metersExport } from './meters/export.ts'
import { metersForget } from './meters/forget.ts'
import { metersImport } from './meters/import.ts'
import { metersList } from './meters/list.ts'
import { metersRemove } from './meters/remove.ts'
import { metersReplace } from './meters/replace.ts'
import { metersRetire } from './meters/retire.ts'
import { metersSet } from './meters/set.ts'
import { metersShow } from './meters/show.ts'
import { metersWait } from './meters/wait.ts'
import { outboxDrop } from './outbox/drop.ts'
import { outboxList } from './outbox/list.ts'
import { outboxRetry } from './outbox/retry.ts'
import { daysList } from './readings/days-list.ts'
import { daysShow } from './readings/days-show.ts'
import { readingsExport } from './readings/export.ts'
import { readingsList } from './readings/list.ts'
import { readingsResend } from './readings/resend.ts'
import { readingsSeries } from './readings/series.ts'
import { readingsShow } from './readings/show.ts'
import { receiversList } from './receivers/list.ts'
import { receiversProbe } from './receivers/probe.ts'
import { receiversReplace } from './receivers/replace.ts'
import { receiversReset } from './receivers/reset.ts'
import { reportConditions } from './report/conditions.ts'
import { reportCooling } from './report/cooling.ts'
import { reportCoverage } from './report/coverage.ts'
import { reportHigh } from './report/high.ts'
import { reportRollout } from './report/rollout.ts'
import { reportSilent } from './report/silent.ts'
import { run } from './run.ts'
import { secretsList } from './secrets/list.ts'
import { secretsSet } from './secrets/set.ts'
import { simulate } from './simulate.ts'
import { sinksList } from './sinks/list.ts'
import { sinksTest } from './sinks/test.ts'
import { smsAsk } from './sms/ask.ts'
import { smsDecode } from './sms/decode.ts'
import { smsListen } from './sms/listen.ts'
import { smsQuarantine } from './sms/quarantine.ts'
import { smsSourcesList } from './sms/sources.ts'
import { smsSupersede } from './sms/supersede.ts'
import { status } from './status/status.ts'
import { typesCheck } from './types/check.ts'
import { typesList } from './types/list.ts'
import { typesNew } from './types/new.ts'

interface Group {
  readonly name: string
  readonly about: string
  readonly commands: readonly Attach[]
}

export interface Table {
  readonly COMMANDS: readonly Attach[]
  readonly GROUPS: readonly Group[]
}

/** Every command there is: those of one word, and those under a noun. */
export const COMMANDS: readonly Attach[] = [
  doctor,
  events,
  init,
  run,
  status,
  listen,
  decode,
  analyze,
  redecode,
  replay,
  simulate,
  backup,
  restore,
  completion,
]

export const GROUPS: readonly Group[] = [
  { name: 'config', about: 'the configuration file', commands: [configCheck, configShow, configSchema] },
  {
    name: 'meters',
    about: 'the meters that are yours, and their keys',
    commands: [
      ...[metersAdd, metersImport, metersExport, metersSet, metersList, metersShow, metersWait],
      ...[metersReplace, metersRetire, metersRemove, metersForget],
    ],
  },
  { name: 'keys', about: 'the meter keys, by their check values', commands: [keysCheck, keysList, keysTry, keysRotateKek] },
  {
    name: 'receivers',
    about: 'the sticks and streams that hear',
    commands: [receiversList, receiversProbe, receiversReset, receiversReplace],
  },
  { name: 'types', about: 'the meter types: which records of a telegram are which fields', commands: [typesList, typesCheck, typesNew] },
  { name: 'audit', about: 'who did what to meters, keys and data', commands: [auditList, auditVerify] },
  { name: 'db', about: 'the database file', commands: [dbCheck, dbPurge] },
  {
    name: 'readings',
    about: 'the stored readings of the day',
    commands: [readingsList, readingsShow, readingsExport, readingsSeries, readingsResend],
  },
  {
    name: 'report',
    about: 'what all the meters together tell',
    commands: [reportSilent, reportCoverage, reportCooling, reportHigh, reportConditions, reportRollout],
  },
  { name: 'days', about: 'the days: what is expected, published, accepted, confirmed, missing', commands: [daysList, daysShow] },
  { name: 'outbox', about: 'what a sink did not take', commands: [outboxList, outboxRetry, outboxDrop] },
  { name: 'secrets', about: 'passwords, PINs and secrets the daemon is given', commands: [secretsList, secretsSet] },
  { name: 'sinks', about: 'the ways out', commands: [sinksList, sinksTest] },
  {
    name: 'sms',
    about: 'meters that report by SMS',
    commands: [smsListen, smsDecode, smsAsk, smsQuarantine, smsSourcesList, smsSupersede],
  },
]
