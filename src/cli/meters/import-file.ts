import { isUtf8 } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { CsvError, parse } from 'csv-parse/sync'
import { failure } from '../failure.ts'
import { type Column, type Header, readHeader } from './import-columns.ts'

/** One meter of the list as it is written there; a column that is not there is an empty text. */
export interface ImportRow extends Readonly<Record<Column, string>> {
  /** Of the file, counted from 1. */
  readonly line: number
  /** Cells the header has no name for. */
  readonly surplus: boolean
}

export interface MeterList {
  readonly rows: readonly ImportRow[]
  readonly unused: Header['unused']
  /** What each row is called where the list has no lines that a person could look up: row n by the n-th. */
  readonly places?: readonly string[]
}

/** Reads a list of meters: CSV with `;`, `,` or tabs, in the encodings spreadsheets write. Fails with what to try. */
export const readMeterList = (file: string, bytes: Uint8Array = readBytes(file)): MeterList => {
  const text = decode(bytes, file)
  const [first, ...rest] = parseCsv(text, file)
  if (!first) throw failure('failed', `${file} is empty`)
  const { places, unused } = readHeader(first.record.map(plainCell))
  const width = first.record.length
  const row = ({ record, info }: CsvLine): ImportRow => {
    const cell = (column: Column): string => plainCell(record[places[column] ?? -1] ?? '')
    return {
      line: info.lines,
      surplus: record.slice(width).some((text) => text !== ''),
      meter: cell('meter'),
      manufacturer: cell('manufacturer'),
      key: cell('key'),
      label: cell('label'),
      installation: cell('installation'),
      alias: cell('alias'),
      wired: cell('wired'),
    }
  }
  return { rows: rest.filter(({ record }) => record.some((text) => text !== '')).map(row), unused }
}

export const readBytes = (file: string): Uint8Array => {
  try {
    return readFileSync(file)
  } catch (error) {
    throw failure('failed', `${file} cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

/** UTF-8 or UTF-16 by their marks, else UTF-8 where it is valid, else what Windows programs here write. */
const decode = (bytes: Uint8Array, file: string): string => {
  const mark = Buffer.from(bytes.subarray(0, 2)).toString('hex')
  const text = new TextDecoder(
    mark === 'fffe' ? 'utf-16le' : mark === 'feff' ? 'utf-16be' : isUtf8(bytes) ? 'utf-8' : 'windows-1252',
  ).decode(bytes)
  if (text.includes('\0') || /^PK|^\s*</.test(text))
    throw failure('failed', `${file} is no list in text form: open it with its own program and save it as CSV`)
  return text
}

interface CsvLine {
  readonly record: readonly string[]
  readonly info: { readonly lines: number }
}

/** The parser's own messages repeat the cell they stumble over, and so a key. */
const parseCsv = (text: string, file: string): CsvLine[] => {
  // The first line of a spreadsheet's CSV may be `sep=;`, which is no part of the list.
  const declared = /^sep=(.)\r?\n/i.exec(text)?.[1]
  const dialect = { delimiter: declared ?? delimiterOf(text), from_line: declared ? 2 : 1 }
  try {
    const lines: unknown = parse(text, { ...dialect, info: true, trim: true, relax_column_count: true, skip_empty_lines: true })
    return lines as CsvLine[]
  } catch (error) {
    const line = error instanceof CsvError ? ` in line ${String(error['lines'])}` : ''
    throw failure('failed', `${file} is not CSV${line}: a quote is not closed, or stands in the middle of a cell`)
  }
}

/** The one that cuts the first line into the most cells. */
const delimiterOf = (text: string): string => {
  const header = text.slice(0, text.search(/[\r\n]|$/))
  const cells = (delimiter: string): number => header.split(delimiter).length
  return [';', '\t', ','].reduce((best, delimiter) => (cells(delimiter) > cells(best) ? delimiter : best))
}

/** Spreadsheets are told `="07134347"` to keep its zeros. */
const plainCell = (cell: string): string => /^="(.*)"$/.exec(cell)?.[1] ?? cell
