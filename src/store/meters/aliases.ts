import type { Meter, MeterEntry } from '../store.ts'

/** Aliases belong to one meter, and are no other meter's number: why these entries would break that, or undefined. */
export function aliasProblem(meters: readonly Meter[], entries: readonly MeterEntry[]): string | undefined {
  const after = new Map(meters.map((meter) => [meter.meter, [...meter.aliases, ...meter.wired]]))
  const before = new Map(meters.map((meter) => [meter.meter, meter]))
  for (const { meter, aliases, wired } of entries) {
    const was = before.get(meter)
    after.set(meter, [...(aliases ?? was?.aliases ?? []), ...(wired ?? was?.wired ?? [])])
  }
  const owners = new Map<string, string>()
  for (const meter of after.keys()) for (const name of [meter, meter.slice(4)]) owners.set(name, owners.has(name) ? '' : meter)
  for (const [meter, names] of after) {
    for (const name of new Set(names)) {
      const owner = owners.get(name) ?? owners.get(name.padStart(8, '0'))
      if (owner !== undefined && owner !== meter)
        return `"${name}" of ${meter} is a name of ${owner || 'several meters'}: each names one meter only`
      owners.set(name, meter)
    }
  }
  return undefined
}
