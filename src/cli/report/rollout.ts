import type { DailyReading } from '../../readings/daily-reading.ts'
import type { Store } from '../../store/store.ts'
import { type Attach, configOf } from '../command.ts'
import { csvText } from '../csv-text.ts'
import { count, print, printJson, say } from '../output.ts'
import { reading } from '../store-access.ts'
import { table } from '../table.ts'

/** How far the way from SMS to wM-Bus has come. */
export interface Rollout {
  /** The newest day that has a reading. */
  readonly day: string | null
  readonly inService: number
  /** Whose last reading, not older than a week before that day, came over the air, by SMS, or that have none. */
  readonly wmbus: number
  readonly sms: number
  readonly neither: number
  /** Meters that another one has taken the place of. */
  readonly replaced: number
  readonly meters: readonly RolloutMeter[]
}

export interface RolloutMeter {
  readonly meter: string
  readonly installation: string | null
  readonly path: 'sms' | 'wmbus' | 'neither'
  readonly lastDay: string | null
}

const WEEK_MS = 7 * 86_400_000
const MOST_LINES_SHOWN = 50

export const reportRollout: Attach = (parent) =>
  void parent
    .command('rollout')
    .description('how far SMS meters have been replaced by wM-Bus meters, and which are left')
    .option('--json', 'as JSON')
    .option('--csv', 'the meters as CSV')
    .action((options: { json?: true; csv?: true }, command) => {
      const found = reading(configOf(command), rollout)
      if (options.json) return printJson(found)
      const rows = found.meters.map(({ meter, installation, path, lastDay }) => [meter, installation, path, lastDay])
      if (options.csv) return print(csvText(['meter', 'installation', 'path', 'last_day'], rows))
      const { inService, wmbus, sms, neither, replaced } = found
      print(`${count(inService, 'meter')} in service: ${wmbus} over the air, ${sms} by SMS, ${neither} without a reading for a week`)
      print(`${count(replaced, 'meter')} replaced so far`)
      const left = rows.filter(([, , path]) => path !== 'wmbus')
      if (left.length > 0) print(`\n${table(['METER', 'INSTALLATION', 'PATH', 'LAST DAY'], left.slice(0, MOST_LINES_SHOWN))}`)
      if (left.length > MOST_LINES_SHOWN) say(`… and ${left.length - MOST_LINES_SHOWN} more; --csv has all`)
    })

const rollout = ({ meters, outbox }: Pick<Store, 'meters' | 'outbox'>): Rollout => {
  const day = outbox.readings({ limit: 1 })[0]?.day ?? null
  const since = day === null ? '' : new Date(Date.parse(day) - WEEK_MS).toISOString().slice(0, 10)
  const all = meters.list()
  const listed = all
    .filter(({ retiredAt }) => retiredAt === null)
    .map(({ meter, installation }): RolloutMeter => {
      const last = outbox.readings({ meter, limit: 1 })[0]
      const isRecent = last !== undefined && (last.day ?? '') >= since
      const path = isRecent ? (JSON.parse(last.body) as DailyReading).source.path : 'neither'
      return { meter, installation, path, lastDay: last?.day ?? null }
    })
  const by = (path: RolloutMeter['path']): number => listed.filter((each) => each.path === path).length
  const replaced = all.filter(({ replacedBy }) => replacedBy !== null).length
  return { day, inService: listed.length, wmbus: by('wmbus'), sms: by('sms'), neither: by('neither'), replaced, meters: listed }
}
