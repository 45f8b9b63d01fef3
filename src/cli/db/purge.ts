import { type PurgeArgs, type PurgeResult, purgeAction } from '../../actions/purge.ts'
import { systemClock, utcText } from '../../clock.ts'
import type { Config } from '../../config.ts'
import { addTo, type Removed } from '../../retention.ts'
import type { PurgedKind } from '../../store/retention/retention.ts'
import { confirming, keptFor } from '../../ways-out.ts'
import { type Attach, configOf } from '../command.ts'
import { print, printJson, say } from '../output.ts'
import { sinkNames } from '../sinks/sink-names.ts'
import { ask, writing } from '../store-access.ts'
import { table } from '../table.ts'

interface Options {
  readonly dryRun?: true
  readonly json?: true
}

export const dbPurge: Attach = (parent) =>
  void parent
    .command('purge')
    .description('remove now what is over its time (keep: in the configuration), which the daemon does every day by itself')
    .option('--dry-run', 'only say what would go')
    .option('--json', 'as JSON')
    .action(async (options: Options, command) => {
      const dryRun = options.dryRun ?? false
      const done = await purge(configOf(command), dryRun)
      if (options.json) printJson({ dryRun, ...done, date: dateText(done.date) })
      else tell(done, dryRun)
    })

type Done = Omit<PurgeResult, 'next'>

/** Asks the daemon as often as it takes; without one, the same in this process. */
const purge = async (config: Config, dryRun: boolean): Promise<Done> => {
  const sum = totals()
  for (let args: PurgeArgs = { dryRun }; ; ) {
    const answer = await ask(config, 'db.purge', args)
    const did = answer ? (answer.result as PurgeResult) : alone(config, args, sum)
    sum.add(did)
    if (did.next === null) return sum.of(did)
    args = { dryRun, place: did.next }
  }
}

const totals = () => {
  const removed: Removed = {}
  let bytes = 0
  return {
    add(did: PurgeResult): void {
      addTo(removed, did.removed)
      bytes += did.bytes
    },
    of: ({ next: _, ...last }: PurgeResult): Done => ({ ...last, removed, bytes }),
  }
}

/** From there to the end; what the last step did is returned, what came before is added to `sum`. */
const alone = (config: Config, { dryRun, place }: PurgeArgs, sum: ReturnType<typeof totals>): PurgeResult =>
  writing(config, (store) => {
    const rule = { sinks: sinkNames(config), receipts: confirming(config.mqtt), keep: keptFor(config) }
    const clock = systemClock(config.clock.trust)
    // No daemon runs, so that the date stands still; a clock that was set back holds it back, too.
    const date = (): number | null => {
      const [stored, now] = [store.retention.date(), clock.utcMs()]
      return stored === null || now === null ? null : Math.min(stored, now)
    }
    for (let from = place; ; ) {
      const did = purgeAction({ store, clock, rule, date, tell: null }, { dryRun, ...(from !== undefined && { place: from }) })
      if (did.next === null) return did
      sum.add(did)
      from = did.next
    }
  })

/** Every kind, and what happens to it. */
export const KINDS: readonly (readonly [PurgedKind, string])[] = [
  ['confirmed', 'readings that billing confirmed'],
  ['accepted', 'readings that were delivered, without a receipt'],
  ['lost', 'readings that were never delivered or never confirmed: lost'],
  ['messages', 'events and messages of a day'],
  ['telegrams', 'telegrams behind readings'],
  ['sms', 'words of messages by SMS'],
  ['series', 'hourly values'],
  ['salvaged', 'damaged database files that were read out'],
]

/** Less is only that the date advances once an hour. */
const BEHIND_MS = 2 * 86_400_000

const tell = ({ removed, bytes, walBusy, date, now }: Done, dryRun: boolean): void => {
  const rows = KINDS.flatMap(([kind, what]) => (removed[kind] ? [[removed[kind], what]] : []))
  if (rows.length > 0) print(table([dryRun ? 'WOULD GO' : 'REMOVED', 'WHAT'], rows))
  else print('Nothing is over its time.')
  if (bytes > 0) say(`${(bytes / 1_000_000).toFixed(1)} MB given back to the disk`)
  if (walBusy)
    say('What was removed still stands in varmesky.db-wal, because another program reads the database: ask again when that has ended.')
  if (date !== null && now - date > BEHIND_MS)
    say(`Ages are counted to ${dateText(date)}: it follows the clock by at most two days a day while the daemon runs.`)
}

const dateText = (utcMs: number | null): string | null => (utcMs === null ? null : utcText(utcMs))
