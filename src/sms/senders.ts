/** Who may report which meters. A number can be forged: it keeps accidents out, and proves nothing. */
import { METER_NAME } from '../wmbus/address.ts'

/** Meters by the sender they are bound to. */
export type Senders = ReadonlyMap<string, ReadonlySet<string>>

/** `+45 20 12 34 56` as networks write it; names in letters stay as they are. */
export const senderOf = (text: string): string =>
  /^\+?[\d\s()-]+$/.test(text) ? text.replace(/[\s()-]/g, '').replace(/^00/, '+') : text.trim()

const HEADINGS = /^(?:phone|sender)\s*[;,]/i

/**
 * Lines `phone;manufacturer;id`; `#` begins a remark. Throws an error that says which line is wrong, and never repeats a number.
 */
export function readSenders(text: string): Senders {
  const senders = new Map<string, Set<string>>()
  for (const [i, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    if (line.trim() === '' || line.startsWith('#') || HEADINGS.test(line)) continue
    const [phone = '', manufacturer = '', id = '', ...more] = line.split(/[;,]/).map((field) => field.trim())
    const meter = `${manufacturer.toUpperCase()}-${id.toUpperCase().padStart(8, '0')}`
    if (phone === '' || id === '' || more.length > 0 || !METER_NAME.test(meter))
      throw new Error(`line ${i + 1} is not of the form phone;manufacturer;id, as in +4520123456;KAM;07134347`)
    const sender = senderOf(phone)
    senders.set(sender, (senders.get(sender) ?? new Set()).add(meter))
  }
  return senders
}
