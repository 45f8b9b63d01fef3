import { type Address, manufacturerCode } from '../wmbus/address.ts'
import type { Decoder } from './decoder.ts'
import { generic } from './generic.ts'
import { type Compiled, compile } from './interpret.ts'
import { kamstrupHeat } from './kamstrup-heat.ts'

/** Every described meter type. A new one is a file and a line here. */
export const DECODERS: readonly Decoder[] = [kamstrupHeat]

interface Entry {
  readonly versions: ReadonlySet<number> | null
  readonly types: ReadonlySet<number> | null
  readonly compiled: Compiled
}

export type Registry = ReadonlyMap<number, readonly Entry[]>

/** Groups meter types by manufacturer. */
export function registryOf(decoders: readonly Decoder[]): Registry {
  const registry = new Map<number, Entry[]>()
  for (const decoder of decoders) {
    const compiled = compile(decoder)
    for (const { manufacturer, versions, types } of decoder.meters) {
      const code = manufacturerCode(manufacturer)
      const entry = { versions: versions ? new Set(versions) : null, types: types ? new Set(types) : null, compiled }
      registry.set(code, [...(registry.get(code) ?? []), entry])
    }
  }
  return registry
}

const GENERIC = compile(generic)
const BUILT_IN = registryOf(DECODERS)

/** The meter type that claims this address, or `generic`. */
export function decoderFor(address: Address, registry: Registry = BUILT_IN): Compiled {
  for (const entry of registry.get(address.manufacturer & 0x7fff) ?? []) {
    const { versions, types, compiled } = entry
    if ((versions === null || versions.has(address.version)) && (types === null || types.has(address.deviceType))) return compiled
  }
  return GENERIC
}
