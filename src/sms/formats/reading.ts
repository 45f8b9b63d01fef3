import type { Measurement } from '../../decoders/observation.ts'

/** What a message says, whoever sent it. */
export interface SmsReading {
  /** The meter's number or name as the message has it; null where only its sender can tell. */
  readonly meter: string | null
  readonly measurements: readonly Measurement[]
  /** The meter's status word, in decimal. */
  readonly info: string | null
  /** `2026-11-24T06:15:30`, local time, or with a zone; null where the message has no time. */
  readonly time: string | null
  /** Device type in words. */
  readonly deviceType: string
  /** How it was read, `kamstrup-gsm/1`. */
  readonly decoder: string
}

/** Two values of one field contradict each other. */
export const isUnambiguous = (measurements: readonly Measurement[]): boolean =>
  new Set(measurements.map(({ name }) => name)).size === measurements.length

export const hasRegister = (measurements: readonly Measurement[]): boolean => measurements.some(({ kind }) => kind === 'register')
