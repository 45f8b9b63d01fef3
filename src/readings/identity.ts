/** What makes two messages the same reading, and which of two different ones stands. */
import { createHash } from 'node:crypto'
import type { EvidenceKind, RegisterValue } from './daily-reading.ts'

/**
 * What would be billed, as text: a line `name TAB value TAB unit LF` per register, sorted by name (by code unit), then
 * `status TAB code LF` where the meter sends a status. UTF-8. Anyone can write it from the message and check the id.
 */
function billedText(registers: Readonly<Record<string, RegisterValue>>, statusCode: string | null): string {
  const lines = Object.keys(registers)
    .sort()
    .map((name) => `${name}\t${registers[name]?.value}\t${registers[name]?.unit}\n`)
  if (statusCode !== null) lines.push(`status\t${statusCode}\n`)
  return lines.join('')
}

/** `KAM-07134347/2026-11-23/9c41f0a2b77e`: meter, day and the first 12 hex digits of SHA-256 over the billed text. */
export function readingId(
  meter: string,
  day: string,
  registers: Readonly<Record<string, RegisterValue>>,
  statusCode: string | null,
): string {
  const digest = createHash('sha256').update(billedText(registers, statusCode)).digest('hex')
  return `${meter}/${day}/${digest.slice(0, 12)}`
}

/** Classes of evidence. Each is worth more than any nearness, and a correction more than any class. */
const CLASS: Readonly<Record<EvidenceKind, number>> = { early: 1, boundary: 2, 'meter-stored': 3 }
/** What the meter stored without some of its registers: better than anything early, worse than all heard at the boundary. */
export const PARTLY_STORED = 2_000_000
const CLASS_STEP = 1_000_000
const CORRECTION_STEP = 10 * CLASS_STEP
const NEAREST = CLASS_STEP - 1

/** How many corrections a message's precedence counts. */
export const correctionsIn = (precedence: number): number => Math.floor(precedence / CORRECTION_STEP)

export const correctionStep = (corrections: number): number => corrections * CORRECTION_STEP

/** One integer, the highest wins: corrections made by hand, then class of evidence, then nearness to the boundary in seconds. */
export const precedence = (corrections: number, kind: EvidenceKind, offsetSeconds: number): number =>
  correctionStep(corrections) + CLASS[kind] * CLASS_STEP + Math.max(NEAREST - Math.abs(offsetSeconds), 0)
