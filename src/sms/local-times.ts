/** Times without a zone, as messages and other programs write them. */
import { Temporal } from 'temporal-polyfill'

/** Of the two moments a local time may be in autumn the later one, unless that is still to come. */
export function instantOf(local: string, zone: string, notAfterMs: number): number | null {
  try {
    const plain = Temporal.PlainDateTime.from(local)
    const at = (disambiguation: 'earlier' | 'later'): number => plain.toZonedDateTime(zone, { disambiguation }).epochMilliseconds
    return at('later') <= notAfterMs ? at('later') : at('earlier')
  } catch {
    return null
  }
}

/** The time of a file of another program: local where it has no zone. */
export function momentOf(time: string, zone: string): { readonly utcMs: number; readonly offsetMinutes: number } | null {
  try {
    const zoned = /[+-]\d\d:\d\d$/.test(time)
      ? Temporal.Instant.from(time).toZonedDateTimeISO(time.slice(-6))
      : Temporal.PlainDateTime.from(time).toZonedDateTime(zone)
    return { utcMs: zoned.epochMilliseconds, offsetMinutes: zoned.offsetNanoseconds / 6e10 }
  } catch {
    return null
  }
}
