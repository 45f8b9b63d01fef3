import type { GatewayStatus } from '../src/control/status.ts'
import type { DailyReading } from '../src/readings/daily-reading.ts'
import { meterOf } from './billing.ts'
import { DAYS, ledger, RESIDENTS, TRANSMISSIONS, type Truth, truthOf } from './city.ts'

export interface Verdict {
  /** What is as it must be, in sentences. */
  readonly agreed: readonly string[]
  /** What is not. */
  readonly differences: readonly string[]
}

/** The world moves on while a telegram is on its way through the port of a busy machine. */
const LATE_S = 30

/** Compares what billing got and what the gateway counted with what the city knows. */
export function compare(readings: readonly DailyReading[], { outcomes }: GatewayStatus, published: number): Verdict {
  const ours = RESIDENTS.filter((resident) => resident.ours)
  const truths = DAYS.flatMap((day) => ours.flatMap((resident) => truthOf(resident, day) ?? []))
  const differences = [...readingDifferences(readings, truths), ...countDifferences(outcomes)]
  if (published !== readings.length) differences.push(`${published} messages were published, and ${readings.length} readings kept`)
  if (differences.length > 0) return { agreed: [], differences }
  const ofKind = (kind: string): number => truths.filter((truth) => truth.kind === kind).length
  const { observation, duplicate, unlisted, fault, refused } = ledger()
  const heard = observation + duplicate + unlisted + fault + refused
  const agreed = [
    `${readings.length} readings, every digit as the meters showed it: ${ofKind('boundary')} boundary, ${ofKind('early')} early`,
    `${DAYS.length * ours.length - readings.length} gaps told, none filled`,
    `${heard} heard = ${observation} decoded + ${duplicate} repeated + ${unlisted} of neighbours + ${fault} key wrong + ${refused} key not proven yet`,
    `${TRANSMISSIONS.filter(({ damaged }) => damaged).length} damaged on the way, none believed`,
  ]
  return { agreed, differences }
}

function countDifferences(outcomes: Readonly<Record<string, number>>): string[] {
  const expected: Readonly<Record<string, number>> = ledger()
  return Object.entries(outcomes)
    .filter(([kind, n]) => n !== (expected[kind] ?? 0))
    .map(([kind, n]) => `${n} telegrams ended as ${kind}, not ${expected[kind] ?? 0}`)
}

function readingDifferences(readings: readonly DailyReading[], truths: readonly Truth[]): string[] {
  const places = new Map(truths.map((truth) => [`${truth.meter} ${truth.day}`, truth]))
  const differences: string[] = []
  for (const reading of readings) {
    const place = `${meterOf(reading)} ${reading.day}`
    const truth = places.get(place)
    places.delete(place)
    if (truth === undefined) differences.push(`${place}: a reading that must not be`)
    else differences.push(...unlike(reading, truth).map((what) => `${place}: ${what}`))
  }
  return [...differences, ...[...places.keys()].map((place) => `${place}: the reading is missing`)]
}

function unlike({ registers, evidence }: DailyReading, truth: Truth): string[] {
  const got = new Map(Object.entries(registers).map(([name, { value, unit }]) => [name, `${value} ${unit}`]))
  const names = new Set([...got.keys(), ...Object.keys(truth.registers)])
  const wrong = [...names]
    .filter((name) => got.get(name) !== truth.registers[name])
    .map((name) => `${name} is ${got.get(name) ?? 'missing'}, and the meter showed ${truth.registers[name] ?? 'none'}`)
  const late = evidence.offsetSeconds - truth.offsetSeconds
  if (evidence.kind !== truth.kind || late < 0 || late > LATE_S)
    wrong.push(`evidence is ${evidence.kind} ${evidence.offsetSeconds} s, not ${truth.kind} ${truth.offsetSeconds} s`)
  return wrong
}
