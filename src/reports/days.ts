/** What the reports are made of: the readings that stand, day after day, the earliest first. */
import type { DailyReading } from '../readings/daily-reading.ts'

export interface DayReadings {
  /** YYYY-MM-DD. */
  readonly day: string
  readonly readings: readonly DailyReading[]
}

export const meterOf = ({ meter }: DailyReading): string => `${meter.manufacturer}-${meter.id}`

export const daysBetween = (from: string, to: string): number => Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000)

/** Whether a flag of the reading casts doubt on one of these registers; a roll-over casts none, it only ends a count. */
export const isDoubtful = ({ quality }: DailyReading, registers: readonly string[]): boolean =>
  quality.flags.some((flag) => !flag.endsWith('.rolled-over') && registers.some((name) => flag.startsWith(`${name}.`)))
