/** What a loose row of a damaged file is a row of, by its shape. */

import type { OutboxRow } from '../outbox/row.ts'
import type { Cell, CellValue } from './leaf-pages.ts'
import type { Row } from './rows.ts'

type Shape = Readonly<Record<string, (value: CellValue) => boolean>>

const text = (value: CellValue): boolean => typeof value === 'string'
const whole = (value: CellValue): boolean => Number.isSafeInteger(value)
const bytes =
  (length: number) =>
  (value: CellValue): boolean =>
    Buffer.isBuffer(value) && value.length === length
const oneOf =
  (...words: readonly string[]) =>
  (value: CellValue): boolean =>
    words.includes(value as string)
const hex = (value: CellValue): boolean => typeof value === 'string' && /^[0-9a-f]*$/i.test(value)
const orNull =
  (test: (value: CellValue) => boolean) =>
  (value: CellValue): boolean =>
    value === null || test(value)

/** In the order of the columns; the first, the number, stands outside the record and is null in it. */
const NUMBER = orNull(() => false)

const OUTBOX: Shape = {
  seq: NUMBER,
  kind: text,
  id: text,
  meter: orNull(text),
  day: orNull(text),
  precedence: orNull(whole),
  body: text,
  checksum: bytes(8),
  storedAt: orNull(whole),
}

const SMS: Shape = {
  seq: NUMBER,
  hash: bytes(32),
  pdu: hex,
  received_at: orNull(whole),
  message: orNull(whole),
  state: oneOf('waiting', 'accepted', 'quarantine', 'rejected'),
  reason: orNull(text),
  meter: orNull(text),
}

const fitting = (shape: Shape, cells: readonly Cell[]): readonly Row[] => {
  const columns = Object.entries(shape)
  return cells
    .filter(({ values }) => values.length === columns.length && columns.every(([, fits], n) => fits(values[n]!)))
    .map(({ rowid, values }) => ({ ...Object.fromEntries(columns.map(([name], n) => [name, values[n]!])), seq: rowid }))
}

export const looseMessages = (cells: readonly Cell[]): readonly OutboxRow[] => fitting(OUTBOX, cells) as unknown as readonly OutboxRow[]
export const looseTexts = (cells: readonly Cell[]): readonly Row[] => fitting(SMS, cells)
