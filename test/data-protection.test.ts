import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { KINDS } from '../src/cli/db/purge.ts'
import { fileSchema } from '../src/config/schema.ts'
import { LEAST_MS } from '../src/store/retention/purge-date.ts'
import { PURGED } from '../src/store/retention/retention.ts'

const { keep } = fileSchema.parse({ gateway: 'box' })
const days = (ms: number): number => ms / 86_400_000

/** Rows of the one table: by kind of data, the numbers its age names. */
const ROWS = readFileSync(new URL('../docs/data-protection.md', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| data'))
  .map((line) => line.split('|').map((cell) => cell.trim()))
const AGES = new Map(ROWS.map(([, kind, , , kept]) => [kind!, (kept!.match(/\d+(?= days| h\b)/g) ?? []).map(Number)]))

test('the table names the ages that are the defaults', () => {
  expect(Object.fromEntries(AGES)).toMatchObject({
    'readings, confirmed': [days(keep.confirmed), days(LEAST_MS)],
    'readings, not confirmed': [days(keep.unconfirmed)],
    'events, messages of a day': [days(keep.unconfirmed)],
    'telegrams behind the readings': [days(keep.telegrams)],
    'messages by SMS (when SMS is configured)': [days(keep.sms), 90],
    'damaged database files, read out': [days(keep.salvaged)],
  })
})

test('every kind that is set in keep: has a row that names its setting', () => {
  const settings = ROWS.flatMap((row) => row.join(' ').match(/keep\.\w+/g) ?? [])
  expect([...new Set(settings)].sort()).toEqual(
    Object.keys(keep)
      .map((kind) => `keep.${kind}`)
      .sort(),
  )
})

test('the hourly series has a row that names its own age, and is refused without a purpose or an age', () => {
  const row = ROWS.find((cells) => cells[1]!.startsWith('hourly series'))!
  expect(row.join(' ')).toMatch(/`series.purpose`.*`series.keep`/)
  const of = (series: object) => fileSchema.safeParse({ gateway: 'box', series }).success
  expect(of({ purpose: 'finding leaks in the network', keep: '90d' })).toBe(true)
  for (const series of [{}, { keep: '90d' }, { purpose: '', keep: '90d' }, { purpose: 'finding leaks in the network' }])
    expect(of(series)).toBe(false)
})

test('every row says why, where, how long, and how it goes', () => {
  for (const [, ...cells] of ROWS)
    expect(
      cells.slice(0, 5).every((cell) => cell.length > 0),
      cells[0],
    ).toBe(true)
})

test('every table of the database has a row', () => {
  const tables = readFileSync(new URL('../src/store/disk/migrations.ts', import.meta.url), 'utf8').match(/CREATE TABLE (\w+)/g) ?? []
  const text = ROWS.map((row) => row[3]).join(' ')
  const names = tables.map((found) => found.replace('CREATE TABLE ', '')).filter((name) => !name.endsWith('_next'))
  expect(names.length).toBeGreaterThan(6)
  expect(names.filter((name) => !text.includes(`\`${name}\``))).toEqual([])
})

test('the command tells of every kind that can go', () => {
  expect(KINDS.map(([kind]) => kind)).toEqual(PURGED)
})
