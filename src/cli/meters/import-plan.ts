import type { ActionArgs } from '../../control/actions.ts'
import { isCprLike, noteProblem } from '../../control/meter-entry.ts'
import { parseMeter } from '../../meter-name.ts'
import { keyCheck } from '../../store/meters/sealed-key.ts'
import type { Meter } from '../../store/store.ts'
import { isSpreadsheetNumber, parseKey } from '../keys/key-text.ts'
import type { ImportRow } from './import-file.ts'

const MOST_NAMED = 5

type Entry = ActionArgs<'meters.put'>['entries'][number]

export interface Refusal {
  readonly line: number
  readonly reason: string
  /** Not a mistake but something that must not be stored here. */
  readonly policy: boolean
}

/** What an import would do. Lines that repeat an earlier one count once. */
export interface Plan {
  readonly added: readonly Entry[]
  readonly changed: readonly { readonly entry: Entry; readonly line: number; readonly what: readonly string[] }[]
  readonly same: number
  readonly refused: readonly Refusal[]
  /** Numbers as written to which leading zeros were put back, with the meter they are. */
  readonly shortened: ReadonlyMap<string, string>
}

interface Checked {
  readonly line: number
  readonly entry: Entry
  readonly keyCheck: string | null
  readonly shortened: string | null
}

/** Compares a list with the registered meters; `manufacturer` stands in where the list names none. */
export const planImport = (rows: readonly ImportRow[], registered: readonly Meter[], manufacturer: string, onRow: () => void): Plan => {
  const checked = rows.map((row) => {
    onRow()
    return checkRow(row, manufacturer)
  })
  const { unique, refused } = withoutRepeats(checked.filter((row) => 'entry' in row))
  const known = new Map(registered.map((meter) => [meter.meter, meter]))
  const compared = unique.map((row) => ({ ...row, what: differences(row, known.get(row.entry.meter)) }))
  return {
    added: compared.filter(({ entry }) => !known.has(entry.meter)).map(({ entry }) => entry),
    changed: compared.filter(({ entry, what }) => known.has(entry.meter) && what.length > 0),
    same: compared.filter(({ entry, what }) => known.has(entry.meter) && what.length === 0).length,
    refused: [...checked.filter((row) => 'reason' in row), ...refused].sort((a, b) => a.line - b.line),
    shortened: new Map(unique.flatMap(({ shortened, entry }) => (shortened === null ? [] : [[shortened, entry.meter]]))),
  }
}

const checkRow = (row: ImportRow, manufacturer: string): Checked | Refusal => {
  const refuse = (reason: string, policy = false): Refusal => ({ line: row.line, reason, policy })
  if (row.surplus) return refuse('has more cells than the first line: a cell with a separator in it must stand in quotes')
  if (isSpreadsheetNumber(row.meter))
    return refuse('the number of the meter was rounded by a spreadsheet: format the column as text and fill it in again')
  const own = parseMeter(row.meter, row.manufacturer)
  const name = 'problem' in own && !row.manufacturer ? parseMeter(row.meter, manufacturer) : own
  if ('problem' in name) return refuse(row.meter === '' ? 'has no number of a meter' : `its number ${name.problem}`)
  const key = row.key === '' ? null : parseKey(row.key)
  if (key && 'problem' in key) return refuse(key.problem)
  for (const column of ['label', 'installation'] as const) {
    const problem = row[column] === '' ? undefined : noteProblem(row[column])
    if (problem) return refuse(`${column} ${problem}`, isCprLike(row[column]))
  }
  const { label, installation } = row
  const names = { aliases: namesIn(row.alias), wired: namesIn(row.wired) }
  for (const name of [...names.aliases, ...names.wired]) {
    const problem = noteProblem(name)
    if (problem) return refuse(`alias ${problem}`, isCprLike(name))
  }
  return {
    line: row.line,
    entry: {
      meter: name.meter,
      ...(label && { label }),
      ...(installation && { installation }),
      ...(names.aliases.length > 0 && { aliases: names.aliases }),
      ...(names.wired.length > 0 && { wired: names.wired }),
      ...(key && { key: Buffer.from(key).toString('hex') }),
    },
    keyCheck: key && keyCheck(key),
    shortened: name.shortened,
  }
}

/** Several names in one cell stand apart by spaces, commas or bars. */
const namesIn = (cell: string): string[] => [...new Set(cell.split(/[\s,;|]+/).filter((name) => name !== ''))]

/** Of lines that say the same of one meter the first stays; where they differ, all of them are refused. */
const withoutRepeats = (rows: readonly Checked[]): { unique: Checked[]; refused: Refusal[] } => {
  const byMeter = new Map<string, Checked[]>()
  for (const row of rows) {
    const group = byMeter.get(row.entry.meter)
    if (group) group.push(row)
    else byMeter.set(row.entry.meter, [row])
  }
  const unique: Checked[] = []
  const refused: Refusal[] = []
  for (const [meter, group] of byMeter) {
    const [first, ...others] = group
    const lines = group.map(({ line }) => line)
    const where = `lines ${lines.slice(0, MOST_NAMED).join(', ')}${lines.length > MOST_NAMED ? ' …' : ''}`
    if (others.every(({ entry }) => JSON.stringify(entry) === JSON.stringify(first!.entry))) unique.push(first!)
    else for (const line of lines) refused.push({ line, reason: `${meter} stands in ${where}, which differ`, policy: false })
  }
  return { unique, refused }
}

/** A cell that is empty changes nothing. */
const differences = (row: Checked, known: Meter | undefined): string[] => [
  ...(row.keyCheck !== null && row.keyCheck !== known?.keyCheck ? ['key'] : []),
  ...(['label', 'installation'] as const).filter((note) => row.entry[note] !== undefined && row.entry[note] !== known?.[note]),
  ...(['aliases', 'wired'] as const).filter((list) => row.entry[list] !== undefined && String(row.entry[list]) !== String(known?.[list])),
]
