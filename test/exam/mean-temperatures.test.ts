/**
 * E8 ÷ V and E9 ÷ V are the mean temperatures a meter has seen, and E ÷ (E8 − E9) the heat of a cubic metre and kelvin of
 * water: a wrong power of ten shows in one of them. Only over telegrams of real meters, kept outside this repository: the registers
 * of synthesised ones say nothing of water.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type DecodeInput, decodeInput, type FieldJson } from '../../src/cli/decode/decoded.ts'

interface Named extends DecodeInput {
  readonly name: string
}

const KWH = { Wh: 1e-3, kWh: 1, MWh: 1e3, kJ: 1 / 3.6e3, MJ: 1 / 3.6, GJ: 1e3 / 3.6 } as const
/** Below this the resolution of the registers tells more than the water. */
const LEAST_DIFFERENCE_K = 5

const file = join(process.env['VARMESKY_EXAM'] ?? '', 'dev.json')
const present = process.env['VARMESKY_EXAM'] !== undefined && existsSync(file)
const TELEGRAMS: readonly Named[] = present ? JSON.parse(readFileSync(file, 'utf8')) : []

const inUnit = (field: FieldJson | undefined): number =>
  field === undefined ? Number.NaN : Number(field.value) * (KWH[field.unit as keyof typeof KWH] ?? 1)

/** Mean temperatures in °C and kWh/(m3·K); null of a telegram without the registers or with hardly a difference. */
function means(input: Named) {
  const fields = decodeInput({ ...input, key: input.key ?? null }).json.observation?.fields ?? {}
  const [energy, volume, e8, e9] = ['energy', 'volume', 'volumeFlowTemperature', 'volumeReturnTemperature'].map((name) =>
    inUnit(fields[name]),
  )
  const [flow, back] = [e8! / volume!, e9! / volume!]
  return flow - back >= LEAST_DIFFERENCE_K ? { flow, back, heat: energy! / (e8! - e9!) } : null
}

describe.skipIf(!present)('of every heat meter that sends E8 and E9', () => {
  const found = TELEGRAMS.flatMap((input) => {
    const seen = means(input)
    return seen ? [{ name: input.name, ...seen }] : []
  })

  it('the mean temperatures and the heat of water are those of water', () => {
    expect(found.length).toBeGreaterThanOrEqual(10)
    expect(found.filter(({ flow, back, heat }) => !(back >= 0 && flow <= 185 && heat >= 1 && heat <= 1.3))).toEqual([])
  })
})
