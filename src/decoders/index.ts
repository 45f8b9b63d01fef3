import { type Address, manufacturerCode } from '../wmbus/address.ts'
import { isHeat } from '../wmbus/device-type.ts'
import { apatorElf } from './apator-elf.ts'
import { axiomaQalcosonic } from './axioma-qalcosonic.ts'
import { bmetersHydrocal } from './bmeters-hydrocal.ts'
import { type Compiled, compile } from './compile.ts'
import type { Decoder } from './decoder.ts'
import { diehlSharky774, diehlSharky775 } from './diehl-sharky.ts'
import { imeConto, imeNemo, schneiderIem3000 } from './electricity.ts'
import { engelmannSensostar, maddalenaMicroclima } from './engelmann-sensostar.ts'
import { generic, genericHeat } from './generic.ts'
import { gwfHeat } from './gwf-heat.ts'
import { apatorEitn, bmetersHydroclima } from './heat-cost-allocators.ts'
import { istaHeat } from './ista-heat.ts'
import { itronCf } from './itron-cf.ts'
import { kamstrupHeat } from './kamstrup-heat.ts'
import { landisgyrT330, landisgyrUltraheat } from './landisgyr.ts'
import { qundisQheat, qundisQwater } from './qundis.ts'
import { sensusPollucom } from './sensus-pollucom.ts'
import { sontexSupercal } from './sontex-supercal.ts'
import { techemCompactV, techemHca, techemVario, techemVario451, techemWater } from './techem.ts'
import { axiomaW1, bmetersHydrodigit } from './water.ts'
import { zennerC5 } from './zenner-c5.ts'

/** Every described meter type. A new one is a file and a line here. */
export const DECODERS: readonly Decoder[] = [
  apatorEitn,
  apatorElf,
  axiomaQalcosonic,
  axiomaW1,
  bmetersHydrocal,
  bmetersHydroclima,
  bmetersHydrodigit,
  diehlSharky774,
  diehlSharky775,
  engelmannSensostar,
  gwfHeat,
  imeConto,
  imeNemo,
  istaHeat,
  itronCf,
  kamstrupHeat,
  landisgyrT330,
  landisgyrUltraheat,
  maddalenaMicroclima,
  qundisQheat,
  qundisQwater,
  schneiderIem3000,
  sensusPollucom,
  sontexSupercal,
  techemCompactV,
  techemHca,
  techemVario,
  techemVario451,
  techemWater,
  zennerC5,
]

interface Entry {
  readonly versions: ReadonlySet<number> | null
  readonly types: ReadonlySet<number> | null
  readonly compiled: Compiled
}

export type Registry = ReadonlyMap<number, readonly Entry[]>

/** Groups meter types by manufacturer. Where two claim a meter, the first has it. */
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
const GENERIC_HEAT = compile(genericHeat)
const BUILT_IN = registryOf(DECODERS)

/** The built-in types and a utility's own, which win over them. */
export const registryWith = (own: readonly Decoder[]): Registry => (own.length === 0 ? BUILT_IN : registryOf([...own, ...DECODERS]))

/** The meter type that claims this address, or a generic one. */
export function decoderFor(address: Address, registry: Registry = BUILT_IN): Compiled {
  for (const entry of registry.get(address.manufacturer & 0x7fff) ?? []) {
    const { versions, types, compiled } = entry
    if ((versions === null || versions.has(address.version)) && (types === null || types.has(address.deviceType))) return compiled
  }
  return isHeat(address.deviceType) ? GENERIC_HEAT : GENERIC
}
