import { z } from 'zod'

/** The meter's identity as it is typed and stored: manufacturer and eight digits (hexadecimal: some meters send A–F). */
export const METER = /^[A-Z]{3}-[0-9A-F]{8}$/

/** A label or an installation number. */
const NOTE = /^[A-Za-z0-9._/-]{1,32}$/

const KEY_HEX = /^[0-9A-F]{32}$/i

const CPR = /(?<!\d)(\d{2})(\d{2})(\d{2})-?\d{4}(?!\d)/g

/** Whether a text holds what may be a Danish CPR number: a date and four digits. Names and persons have no place here. */
export const isCprLike = (text: string): boolean =>
  [...text.matchAll(CPR)].some(([, day, month, year]) => isDate(Number(day), Number(month), Number(year)))

/** The two digits of the year leave the century open, so 29 February is one in every fourth. */
const isDate = (day: number, month: number, year: number): boolean => {
  const date = new Date(Date.UTC(2000 + year, month - 1, day))
  return date.getUTCDate() === day && date.getUTCMonth() === month - 1
}

/** Why a label or an installation number cannot be taken, or undefined. */
export const noteProblem = (text: string): string | undefined => {
  if (isCprLike(text)) return 'looks like a CPR number: personal data does not belong on the gateway'
  return NOTE.test(text) ? undefined : 'must be 1 to 32 letters (A–Z), digits, ".", "_", "/" or "-"'
}

const noteText = z.string().superRefine((text, issues) => {
  const message = noteProblem(text)
  if (message) issues.addIssue({ code: 'custom', message })
})
const note = noteText.nullable().exactOptional()
const names = z.array(noteText).max(100).exactOptional()

/** A meter key as it travels: 32 hex digits. */
export const keyHex = z
  .string()
  .regex(KEY_HEX, 'must be 32 hexadecimal digits')
  .transform((hex) => Uint8Array.from(Buffer.from(hex, 'hex')))

const key = keyHex.nullable().exactOptional()

/** A meter on its way to the store: a `MeterEntry` whose key travels as 32 hex digits. */
export const meterEntrySchema = z.strictObject({
  meter: z.string().regex(METER, 'must be three letters, "-" and eight digits'),
  label: note,
  installation: note,
  aliases: names,
  wired: names,
  retiredAt: z.literal('now').nullable().exactOptional(),
  plain: z.literal('allowed').nullable().exactOptional(),
  key,
  nextKey: key,
})
