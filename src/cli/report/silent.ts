import type { Config } from '../../config.ts'
import type { HabitsAnswer } from '../../control/habits.ts'
import { storedHabits } from '../../memory/habits.ts'
import { heardEitherWay, storedSmsSources } from '../../memory/sms-sources.ts'
import { hourOfWeek } from '../../readings/day.ts'
import { type SilenceReason, type SilentMeter, silent, tellsLowPower, watchedOf } from '../../reports/silent.ts'
import type { Store } from '../../store/store.ts'
import { type Attach, configOf } from '../command.ts'
import { whole } from '../option-values.ts'
import { count } from '../output.ts'
import { ask, readingIfAny } from '../store-access.ts'
import { put, type ReportOptions, withForms } from './output.ts'

interface Found {
  /** RFC 3339 UTC; null: no meter was ever heard. */
  readonly at: string | null
  readonly daemon: boolean
  readonly heardEver: number
  readonly heardNever: number
  readonly meters: readonly SilentMeter[]
}

export const reportSilent: Attach = (parent) =>
  void withForms(parent.command('silent'))
    .description('meters that are no longer heard in their usual hours, and the likely reason')
    .option('--hearings <n>', 'so many hours in which a meter is always heard must have passed', whole(1, 168), 6)
    .action(async (options: ReportOptions & { hearings: number }, command) => {
      const config = configOf(command)
      const answer = await ask(config, 'habits', {})
      const running = answer && (answer.result as HabitsAnswer)
      put(options, report(readingIfAny(config, (store) => look(store, config, running, options.hearings)) ?? NOTHING))
    })

const NOTHING: Found = { at: null, daemon: false, heardEver: 0, heardNever: 0, meters: [] }

/** Without a daemon nothing is heard: then it is told as of the last telegram that was written down. */
function look(store: Store, { timeZone, sms }: Config, running: HabitsAnswer | null, hearings: number): Found {
  const written = (): ReturnType<typeof storedHabits> =>
    heardEitherWay(storedHabits(store.memory), sms ? storedSmsSources(store.memory) : new Map())
  const habits = running ? new Map(Object.entries(running.meters)) : written()
  const inService = store.meters.list().filter(({ retiredAt }) => retiredAt === null)
  const meters = watchedOf(inService, habits)
  const nowMs = running?.utcMs ?? meters.reduce((latest, { habit }) => Math.max(latest, habit.lastAt), 0)
  const isPowerLow = (meter: string): boolean => tellsLowPower(store.outbox.readings({ meter, limit: 1 })[0]?.body)
  const down = new Set((running?.receivers ?? []).flatMap(({ name, state }) => (state === 'receiving' ? [] : [name])))
  return {
    at: nowMs === 0 ? null : new Date(nowMs).toISOString(),
    daemon: running !== null,
    heardEver: meters.length,
    heardNever: inService.length - meters.length,
    meters: silent(meters, { nowMs, hourOfWeek: (utcMs) => hourOfWeek(utcMs, timeZone), down, hearings, isPowerLow }),
  }
}

const REASONS: Readonly<Record<SilenceReason, string>> = {
  receiver: 'receiver down',
  battery: 'battery',
  'radio-path': 'radio path',
  removed: 'removed or dead',
}

const report = (found: Found) => ({
  json: found,
  columns: ['meter', 'installation', 'last_heard', 'interval_s', 'hours_missed', 'usual_dbm', 'last_dbm', 'receiver', 'reason'],
  rows: found.meters.map((m) => [
    ...[m.meter, m.installation, m.lastHeard, m.intervalSeconds, m.hoursMissed, m.usualRssi, m.lastRssi, m.receiver],
    REASONS[m.reason],
  ]),
  summary: [
    `${count(found.meters.length, 'meter')} of ${found.heardEver} silent${found.at ? ` at ${found.at}` : ''}`,
    ...(found.heardNever > 0 ? [`${count(found.heardNever, 'meter')} never heard: see "varmesky report coverage"`] : []),
    ...(found.daemon ? [] : ['The daemon is not running: as of the last telegram it wrote down; which receivers receive is not known.']),
  ].join('\n'),
})
