import type { Command } from 'commander'
import { type Cell, csvText } from '../csv-text.ts'
import { print, printJson, say } from '../output.ts'
import { table } from '../table.ts'

export interface ReportOptions {
  readonly json?: true
  readonly csv?: true
}

/** A report in its three forms: the same rows as a table and as CSV, everything as JSON. */
export interface Report {
  readonly json: unknown
  /** Names of the columns in CSV; the table writes them as headings. */
  readonly columns: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
  /** What the rows cannot say, above the table. */
  readonly summary: string
}

const MOST_LINES_SHOWN = 50

export const withForms = (command: Command): Command => command.option('--json', 'as JSON').option('--csv', 'as CSV')

const heading = (column: string): string => column.toUpperCase().replaceAll('_', ' ')

/** The report as people read it. */
export const reportText = ({ columns, rows, summary }: Report): string =>
  rows.length === 0 ? summary : `${summary}\n\n${table(columns.map(heading), rows.slice(0, MOST_LINES_SHOWN))}`

export const put = (options: ReportOptions, report: Report): void => {
  if (options.json) printJson(report.json)
  else if (options.csv) print(csvText(report.columns, report.rows))
  else putText(report)
}

const putText = (report: Report): void => {
  print(reportText(report))
  if (report.rows.length > MOST_LINES_SHOWN) say(`… and ${report.rows.length - MOST_LINES_SHOWN} more; --csv has all`)
}
