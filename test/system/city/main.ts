/**
 * `npm run city -- [--meters 7000] [--days 31] [--from 2026-10-10] [--seed 1]`: the city of the system test at any size, with
 * figures. Exit code 1 where a reading is not the truth or a gap is not told.
 */
import { parseArgs } from 'node:util'
import { dayNumber } from './calendar.ts'
import { runCity } from './run.ts'
import { judge } from './verdict.ts'

const { values } = parseArgs({
  options: {
    meters: { type: 'string', default: '7000' },
    days: { type: 'string', default: '31' },
    from: { type: 'string', default: '2026-10-10' },
    seed: { type: 'string', default: '1' },
  },
})
const [meters, days, seed] = [values.meters, values.days, values.seed].map(Number) as [number, number, number]
const MB = 1_000_000
const mb = (bytes: number): string => `${(bytes / MB).toFixed(1)} MB`

const restarts = [
  { day: 3, afterMs: 7 * 60_000 },
  { day: Math.floor(days / 2), afterMs: 13 * 3_600_000 },
]
const outcome = await runCity({
  ...{ meters, days, seed, restarts, from: dayNumber(values.from) },
  dayOver: (day, { stored, rssBytes, fileBytes }) => console.log(`${day}: ${stored} messages, ${mb(rssBytes)} RSS, ${mb(fileBytes)} file`),
})
const { right, gaps, late, problems } = judge(outcome)
const { written, telegrams, wallMs, rssBytes, fileBytes, outcomes } = outcome
const sum = written.reduce((a, b) => a + b, 0)
console.log(`${meters} meters, ${days} days from ${values.from}, seed ${seed}: ${telegrams} telegrams ${JSON.stringify(outcomes)}`)
console.log(`${right} readings right, ${gaps} gaps told, ${late} filled after the close, ${problems.length} wrong`)
console.log(`${(wallMs / 1000).toFixed(0)} s, RSS at most ${mb(rssBytes)}, file ${mb(fileBytes)}`)
console.log(`to the disk a day: ${mb(sum / written.length)} on average, at most ${mb(Math.max(...written))}`)
for (const problem of problems.slice(0, 20)) console.error(problem)
process.exit(problems.length === 0 ? 0 : 1)
