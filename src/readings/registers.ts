import type { FieldKind, Observation } from '../decoders/observation.ts'
import { decimal } from '../wmbus/decimal.ts'
import type { RegisterValue } from './daily-reading.ts'

/** An observation's values of one kind as billing gets them, by name, in the order the meter sends them. */
export function valuesOf(observation: Observation, kind: FieldKind): Readonly<Record<string, RegisterValue>> {
  const values: Record<string, RegisterValue> = {}
  for (const m of observation.measurements) {
    if (m.kind !== kind) continue
    values[m.name] = {
      value: decimal(m.raw, m.exponent),
      unit: m.unit,
      ...(m.obis !== undefined && { obis: m.obis }),
      ...(m.label !== undefined && { label: m.label }),
    }
  }
  return values
}
