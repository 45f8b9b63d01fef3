/** The service centre time stamp (3GPP TS 23.040 §9.2.3.11): local time of the service centre, and its zone in quarters of an hour. */

/** A tens digit in the low semi-octet, a units digit in the high one; NaN where either is none. */
const decimal = (octet: number): number => {
  const tens = octet & 0x0f
  const units = octet >> 4
  return tens > 9 || units > 9 ? Number.NaN : 10 * tens + units
}

const NEGATIVE = 0x08
/** Two digits of a year: GSM began in 1990. */
const PIVOT = 90

const two = (n: number): string => String(n).padStart(2, '0')

/** RFC 3339 with the zone; null where the seven octets are no moment. */
export function readTimestamp(octets: Uint8Array): string | null {
  const [year, month, day, hour, minute, second] = [...octets.subarray(0, 6)].map(decimal) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const zone = octets[6] ?? 0
  const quarters = decimal(zone & ~NEGATIVE)
  const full = year < PIVOT ? 2000 + year : 1900 + year
  const moment = new Date(Date.UTC(full, month - 1, day, hour, minute, second))
  const text = `${full}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}`
  if (Number.isNaN(quarters) || Number.isNaN(moment.getTime()) || moment.toISOString().slice(0, 19) !== text) return null
  // "-00:00" would say in RFC 3339 that the zone is not known.
  return `${text}${zone & NEGATIVE && quarters > 0 ? '-' : '+'}${two(Math.floor(quarters / 4))}:${two((quarters % 4) * 15)}`
}
