/**
 * `npm run torture [-- --short | --full] [--only T1,T2] [--seed N] [--mutate T2]`: what a gateway must bear, against its
 * limits (docs/reliability.md). Exit code 1 where a limit is not kept; with --mutate, where a mutated product passes.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { table } from '../src/cli/output.ts'
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

const runRow = async (row: Row, build: string): Promise<Result> => {
  const steps: (() => unknown)[] = []
  const directory = mkdtempSync(join(workDirectory(), `${row.id}-`))
  try {
    return await row.run({ build, directory, scale, seed, later: (step) => steps.unshift(step) })
  } catch (error) {
    return [{ says: `broke off: ${error instanceof Error ? error.message : error}`, kept: false }]
  } finally {
    for (const step of steps) await Promise.resolve(step()).catch((error: unknown) => console.error(`${row.id}: not undone:`, error))
    rmSync(directory, { recursive: true, force: true })
  }
}

const verdict = (result: Result): string => ('notRun' in result ? 'not run' : result.every(({ kept }) => kept) ? 'ok' : 'FAIL')
const saying = (result: Result): string =>
  'notRun' in result ? result.notRun : result.map(({ says, kept }) => (kept ? says : `${says} (!)`)).join(', ')

mkdirSync(workDirectory(), { recursive: true })
process.on('exit', () => rmSync(workDirectory(), { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
console.log(`seed ${seed}, ${scale}`)
const build = buildProduct()
for (const row of rows) if (row.mutation) applied(build, row.mutation)
const cells: string[][] = []
const verdicts: string[] = []
for (const row of rows) {
  const startedMs = Date.now()
  if (values.mutate !== undefined && row.mutation === null) throw new Error(`${row.id} has no mutation`)
  const result = await runRow(row, values.mutate === undefined ? build : mutated(build, row.mutation!))
  const says = verdict(result)
  console.log(`${row.id} ${says}, ${Math.round((Date.now() - startedMs) / 1000)} s: ${saying(result)}`)
  cells.push([row.id, row.title, saying(result), row.limit, says])
  verdicts.push(says)
}
console.log(`\n${table(['ROW', 'WHAT', 'FIGURES', 'LIMIT', ''], cells)}`)
const failed = verdicts.filter((says) => says === 'FAIL').length
// A mutation that could not run was not killed either.
process.exit(values.mutate === undefined ? Math.min(failed, 1) : failed === rows.length ? 0 : 1)
