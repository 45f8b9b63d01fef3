/** The dates and times in a telegram: which value each is of, and what the meter's own clock says. */
import type { DataRecord } from '../wmbus/record.ts'

/** A bare time of day (type J) is none. */
const hasDay = ({ missing, text }: DataRecord): boolean => missing !== null || (text?.includes('-') ?? false)
export const isMoment = (r: DataRecord): boolean => (r.type === 'date' || r.type === 'dateTime') && hasDay(r)

const isPlain = (moment: DataRecord): boolean => moment.modifiers.length === 0

/** From the surest to the loosest: the time of this very value, the date of its storage, function and tariff, of its storage. */
const BELONGS: readonly ((moment: DataRecord, r: DataRecord) => boolean)[] = [
  (m, r) => m.vif.id === r.vif.id && m.fn === r.fn && m.storage === r.storage && m.tariff === r.tariff && m.subunit === r.subunit,
  (m, r) => isPlain(m) && m.storage === r.storage && m.fn === r.fn && m.tariff === r.tariff,
  (m, r) => isPlain(m) && m.storage === r.storage && m.fn === 0 && r.storage > 0,
]

/** The moment a stored value or an extreme is of; one that says "never" has no text. */
export function momentOf(r: DataRecord, moments: readonly DataRecord[]): DataRecord | undefined {
  for (const belongs of BELONGS) for (const moment of moments) if (belongs(moment, r)) return moment
  return undefined
}

/** The meter's own clock: its first date and time of storage 0, else its date. */
export function meterTimeOf(moments: readonly DataRecord[]): string | null {
  let date: string | null = null
  for (const m of moments) {
    if (m.fn !== 0 || m.storage !== 0 || m.tariff !== 0 || m.subunit !== 0 || m.missing !== null || !isPlain(m)) continue
    if (m.type === 'dateTime') return m.text
    date ??= m.text
  }
  return date
}
