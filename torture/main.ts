/**
 * `npm run torture [-- --short | --full] [--only T1,T2] [--seed N] [--mutate T2]`: what a gateway must bear, against its
 * limits (docs/reliability.md). Exit code 1 where a limit is not kept; with --mutate, where a mutated product passes.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { table } from '../src/cli/table.ts'
import { applied, buildProduct, mutated, workDirectory } from './build.ts'
import type { Result, Row, Scale } from './row.ts'
import { ROWS } from './rows.ts'

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    only: { type: 'string' },
    seed: { type: 'string' },
    mutate: { type: 'string' },
  },
})
const scale: Scale = values.full ? 'full' : values.short ? 'short' : 'usual'
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32))
const wanted = (values.mutate ?? values.only)?.split(',')
const rows = ROWS.filter(({ id }) => wanted?.includes(id) ?? true)
if (!Number.isSafeInteger(seed) || (wanted !== undefined && rows.length !== wanted.length)) {
  console.error(`usage: npm run torture [-- --short | --full] [--only T1,T2] [--seed N] [--mutate T2]; rows: ${ROWS.map(({ id }) => id)}`)
  process.exit(2)
}

interface Done {
  readonly result: Result
  readonly seconds: number
}

const runRow = async (row: Row, build: string): Promise<Done> => {
  const startedMs = Date.now()
  const steps: (() => unknown)[] = []
  const directory = mkdtempSync(join(workDirectory(), `${row.id}-`))
  const done = (result: Result): Done => ({ result, seconds: Math.round((Date.now() - startedMs) / 1000) })
  try {
    return done(await row.run({ build, directory, scale, seed, later: (step) => steps.unshift(step) }))
  } catch (error) {
    return done([{ says: `broke off: ${error instanceof Error ? error.message : error}`, kept: false }])
  } finally {
    for (const step of steps) await Promise.resolve(step()).catch((error: unknown) => console.error(`${row.id}: not undone:`, error))
    rmSync(directory, { recursive: true, force: true })
  }
}

const verdict = (result: Result): string => ('notRun' in result ? 'not run' : result.every(({ kept }) => kept) ? 'ok' : 'FAIL')
const saying = (result: Result): string =>
  'notRun' in result ? result.notRun : result.map(({ says, kept }) => (kept ? says : `${says} (!)`)).join(', ')

/** Each when the one before it is over. */
const inTurn = (rows: readonly Row[], run: (row: Row) => Promise<Done>): readonly (readonly [Row, Promise<Done>])[] => {
  let before: Promise<unknown> = Promise.resolve()
  return rows.map((row) => {
    const done = before.then(() => run(row))
    before = done
    return [row, done]
  })
}

mkdirSync(workDirectory(), { recursive: true })
process.on('exit', () => rmSync(workDirectory(), { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
console.log(`seed ${seed}, ${scale}`)
const build = buildProduct()
for (const row of rows) if (row.mutation) applied(build, row.mutation)
for (const { id, mutation } of rows) if (values.mutate !== undefined && mutation === null) throw new Error(`${id} has no mutation`)
const run = (row: Row): Promise<Done> => runRow(row, values.mutate === undefined ? build : mutated(build, row.mutation!))
const aside = scale === 'short' && values.mutate === undefined ? rows.filter(({ waits }) => waits) : []
const under = new Map([
  ...inTurn(aside, run),
  ...inTurn(
    rows.filter((row) => !aside.includes(row)),
    run,
  ),
])
const cells: string[][] = []
const verdicts: string[] = []
for (const row of rows) {
  const { result, seconds } = await under.get(row)!
  const says = verdict(result)
  console.log(`${row.id} ${says}, ${seconds} s: ${saying(result)}`)
  cells.push([row.id, row.title, saying(result), row.limit, says])
  verdicts.push(says)
}
console.log(`\n${table(['ROW', 'WHAT', 'FIGURES', 'LIMIT', ''], cells)}`)
const failed = verdicts.filter((says) => says === 'FAIL').length
// A mutation that could not run was not killed either.
process.exit(values.mutate === undefined ? Math.min(failed, 1) : failed === rows.length ? 0 : 1)
