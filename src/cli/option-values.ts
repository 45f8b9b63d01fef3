import { InvalidArgumentError } from 'commander'
import { DURATION, durationMs } from '../config/duration.ts'

/** Milliseconds of an option that takes a duration. */
export const duration = (text: string): number => {
  if (!DURATION.test(text)) throw new InvalidArgumentError('Write a duration such as 30s, 15m, 2h or 1d.')
  return durationMs(text)
}

/** Bytes of an option that takes megabytes. */
export const megabytes = (text: string): number => {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('Write a whole number of megabytes.')
  return Number(text) * 1_000_000
}

/** Milliseconds since 1970 UTC of an option that takes an instant. */
export const instant = (text: string): number => {
  const utcMs = Date.parse(text)
  if (!/^\d{4}-\d\d-\d\dT.*(?:Z|[+-]\d\d:\d\d)$/.test(text) || Number.isNaN(utcMs))
    throw new InvalidArgumentError('Write an instant with its zone, as in 2026-11-23T23:59:00+01:00.')
  return utcMs
}

/** A whole number of an option, from `least` to `most`. */
export const whole =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= least && value <= most) return value
    throw new InvalidArgumentError(`Write a whole number from ${least} to ${most}.`)
  }
