import { stringify } from 'csv-stringify/sync'

export type Cell = string | number | null | undefined

const NUMBER = /^-?\d+(?:\.\d+)?$/
/** A spreadsheet would run a text that begins so. */
const FORMULA = /^[=+\-@\t\r]/

const plain = (cell: Cell): string => {
  const text = String(cell ?? '')
  return FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text
}

/** Lines of CSV, the names of the columns first, for standard output. */
export const csvText = (columns: readonly string[], rows: readonly (readonly Cell[])[]): string =>
  stringify([[...columns], ...rows.map((row) => row.map(plain))]).trimEnd()
