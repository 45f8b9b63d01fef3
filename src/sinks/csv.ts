/**
 * One CSV file per day in a drop directory, whole when it appears. Readings collect in a hidden file, fsynced before they are
 * acknowledged; the message that tells the day's end makes the CSV of it. What comes later makes another file of that day.
 */
import { mkdirSync } from 'node:fs'
import { open, readFile, rename, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'csv-stringify/sync'
import type { DailyReading } from '../readings/daily-reading.ts'
import { cellsOf, type Style } from './csv-columns.ts'
import type { Sink, Verdict } from './sink.ts'

export interface CsvOptions {
  readonly directory: string
  readonly gateway: string
  readonly style: Style
}

export const csvSink = (options: CsvOptions): Sink => ({
  name: 'csv',
  open: () => probe(options),
  async send(batch) {
    const lines = new Map<string, string[]>()
    const results: Verdict[] = []
    let reason: string | undefined
    for (const { kind, day, body } of batch) {
      const problem = kind === 'reading.daily' ? unfit(options, body) : undefined
      reason ??= problem
      results.push(problem === undefined ? 'accepted' : 'refused')
      if (day === null || problem !== undefined) continue
      if (kind === 'reading.daily') lines.set(day, [...(lines.get(day) ?? []), body])
      if (kind !== 'day') continue
      await collect(options, lines)
      await finish(options, day)
    }
    await collect(options, lines)
    return { results, ...(reason && { reason }) }
  },
  async close() {},
})

/** What cannot be written is known at once, and not at two in the morning. */
async function probe({ directory, gateway }: CsvOptions): Promise<void> {
  const path = join(directory, `.${gateway}.probe`)
  try {
    mkdirSync(directory, { recursive: true })
    await write(path, 'w', '')
    await unlink(path)
  } catch (cause) {
    throw new Error(`cannot write to ${directory}: make it, and give it to the user that runs the daemon`, { cause })
  }
}

/** Why a reading can never stand in this file, if so. */
function unfit({ style }: CsvOptions, body: string): string | undefined {
  try {
    cellsOf(JSON.parse(body), style)
    return undefined
  } catch (error) {
    if (error instanceof RangeError) return error.message
    throw error
  }
}

const partOf = ({ directory, gateway }: CsvOptions, day: string): string => join(directory, `.${gateway}_${day}.part`)

async function collect(options: CsvOptions, lines: Map<string, string[]>): Promise<void> {
  for (const [day, bodies] of lines) await write(partOf(options, day), 'a', `${bodies.join('\n')}\n`)
  lines.clear()
}

/** On disk when this returns. */
async function write(path: string, flags: 'a' | 'w', content: string | Uint8Array): Promise<void> {
  const file = await open(path, flags, 0o640)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

const contentOf = async (path: string): Promise<Buffer | null> =>
  readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })

/** Makes the day's file of what was collected; at a crash in between, the same again makes no second one. */
async function finish(options: CsvOptions, day: string): Promise<void> {
  const part = partOf(options, day)
  const collected = await contentOf(part)
  if (collected === null) return
  const content = fileOf(best(collected.toString('utf8')), options.style)
  const base = join(options.directory, `${options.gateway}_${day}`)
  for (let n = 1; ; n++) {
    const path = n === 1 ? `${base}.csv` : `${base}_${n}.csv`
    const there = await contentOf(path)
    if (there !== null && !there.equals(content)) continue
    if (there === null) {
      const whole = join(options.directory, `.${options.gateway}_${day}.whole`)
      await write(whole, 'w', content)
      await rename(whole, path)
    }
    await unlink(part)
    return
  }
}

/** Of each meter the reading that counts; the last line may have been cut by a power failure, and comes again then. */
function best(text: string): readonly DailyReading[] {
  const kept = new Map<string, DailyReading>()
  for (const line of text.slice(0, text.lastIndexOf('\n') + 1).split('\n')) {
    const reading = parsed(line)
    if (reading === null) continue
    const meter = `${reading.meter.manufacturer}-${reading.meter.id}`
    const before = kept.get(meter)
    if (before === undefined || rank(reading) > rank(before)) kept.set(meter, reading)
  }
  return [...kept.keys()].sort().map((meter) => kept.get(meter)!)
}

const rank = ({ precedence, id }: DailyReading): string => `${String(precedence).padStart(15, '0')} ${id}`

function parsed(line: string): DailyReading | null {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}

function fileOf(readings: readonly DailyReading[], style: Style): Buffer {
  const rows = [style.columns.map(({ name }) => name), ...readings.map((reading) => cellsOf(reading, style))]
  const text = stringify(rows, { delimiter: style.separator, record_delimiter: 'windows', bom: style.encoding === 'utf-8-bom' })
  return Buffer.from(text, style.encoding === 'latin1' ? 'latin1' : 'utf8')
}
