import type { FieldKind, Measurement, Observation } from '../decoders/observation.ts'
import { decimal } from '../wmbus/decimal.ts'
import type { RegisterValue } from './daily-reading.ts'

export const registerValue = ({ raw, exponent, unit }: Measurement, obis?: string, label?: string): RegisterValue => ({
  value: decimal(raw, exponent),
  unit,
  ...(obis !== undefined && { obis }),
  ...(label !== undefined && { label }),
})

/** An observation's values of one kind as billing gets them, by name, in the order the meter sends them. */
export function valuesOf(observation: Observation, kind: FieldKind): Readonly<Record<string, RegisterValue>> {
  const values: Record<string, RegisterValue> = {}
  for (const m of observation.measurements) if (m.kind === kind) values[m.name] = registerValue(m, m.obis, m.label)
  return values
}
