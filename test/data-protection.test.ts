import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { KEEP_DAYS, LEAST_CONFIRMED_DAYS } from '../src/store/retention.ts'

/** Rows of the one table: by kind of data, the days it names. */
const DAYS: ReadonlyMap<string, readonly number[]> = new Map(
  readFileSync(new URL('../docs/data-protection.md', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| data'))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, kind, , , kept]) => [kind!, (kept!.match(/\d+/g) ?? []).map(Number)]),
)

test('the table names what the code keeps', () => {
  expect(Object.fromEntries(DAYS)).toEqual({
    'readings, confirmed': [KEEP_DAYS.confirmed, LEAST_CONFIRMED_DAYS],
    'readings, not confirmed': [KEEP_DAYS.unconfirmed],
    'telegrams behind the readings': [KEEP_DAYS.telegrams],
    'events, messages of a day': [KEEP_DAYS.unconfirmed],
  })
})
