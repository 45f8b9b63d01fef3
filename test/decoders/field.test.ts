/**
 * What physics and bookkeeping say of telegrams of the field, kept outside this repository: set VARMESKY_EXAM to the directory
 * that holds them. A wrong decade, byte order or sign does not survive it.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join as path } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decodeInput, type FieldJson, type ObservationJson } from '../../src/cli/decode/decoded.ts'

interface Heard {
  readonly name: string
  readonly telegram?: string
  readonly telegram_hex?: string
  readonly key?: string | null
  readonly context?: readonly string[]
}

const directory = process.env['VARMESKY_EXAM']
const files = ['dev.json', 'vectors.json']
  .map((name) => path(directory ?? '', name))
  .filter((file) => directory !== undefined && existsSync(file))
const HEARD: readonly Heard[] = files.flatMap((file) => JSON.parse(readFileSync(file, 'utf8')) as Heard[])

type Fields = ObservationJson['fields']
const observed: readonly (readonly [name: string, fields: Fields])[] = HEARD.flatMap(
  ({ name, telegram, telegram_hex, key, context = [] }) => {
    const { json } = decodeInput({ telegram: telegram ?? telegram_hex ?? '', key: key ?? null, context })
    return json.observation ? [[name, json.observation.fields] as const] : []
  },
)

const of = (field: FieldJson | undefined): number => Number(field?.value ?? Number.NaN)

const KWH: Readonly<Record<string, number>> = { Wh: 1e-3, kWh: 1, MWh: 1e3, MJ: 1 / 3.6, GJ: 1e3 / 3.6, Mcal: 1.163, kJ: 1 / 3600 }
const kWh = (field: FieldJson | undefined): number => of(field) * (KWH[field?.unit ?? ''] ?? Number.NaN)

/** Energy, volume, E8 and E9, now and at the target date. */
const INTEGRALS = [
  ['energy', 'volume', 'volumeFlowTemperature', 'volumeReturnTemperature'],
  ['targetEnergy', 'targetVolume', 'targetVolumeFlowTemperature', 'targetVolumeReturnTemperature'],
] as const
const integrals = observed.flatMap(([name, fields]) =>
  INTEGRALS.flatMap(([e, v, e8, e9]) => {
    const [volume, flow, back] = [of(fields[v]), of(fields[e8]), of(fields[e9])]
    return flow > 0 && volume > 0 ? [{ name: `${name}: ${e}`, energy: kWh(fields[e]), volume, flow, back }] : []
  }),
)
/** Below this a register's resolution and the meter's lowest difference hide the water's heat capacity. */
const SURE_DIFFERENCE_K = 5

describe.skipIf(files.length === 0)('E8 and E9 in the field', () => {
  it.each(integrals)('$name: are volumes times temperatures that water has', ({ volume, flow, back }) => {
    for (const temperature of [flow / volume, back / volume]) {
      expect(temperature).toBeGreaterThanOrEqual(0)
      expect(temperature).toBeLessThan(185)
    }
  })

  const sure = integrals.filter(({ volume, flow, back }) => (flow - back) / volume >= SURE_DIFFERENCE_K)

  it('are told by enough meters to say something', () => {
    expect(sure.length).toBeGreaterThan(10)
  })

  it.each(sure)('$name: their difference gives the energy by the heat that a cubic metre takes', ({ energy, flow, back }) => {
    const heat = energy / (flow - back)
    expect(heat).toBeGreaterThan(1.0)
    expect(heat).toBeLessThan(1.3)
  })
})

const QUANTITIES = ['energy', 'volume', 'heatCostAllocation'] as const
const walkBys = observed.flatMap(([name, fields]) =>
  QUANTITIES.flatMap((quantity) => {
    const title = `${quantity.charAt(0).toUpperCase()}${quantity.slice(1)}`
    const [target, month] = [fields[`target${title}`], fields[`${quantity}Month1`]]
    const changes = Object.entries(fields).flatMap(([field, value]) => (field.startsWith(`${quantity}ChangeMonth`) ? [value] : []))
    return target?.date && month && changes.length > 0 ? [{ name, target, month, changes }] : []
  }),
)

describe.skipIf(files.length === 0)('the walk-by block in the field', () => {
  it('is sent by enough meters to say something', () => {
    expect(walkBys.length).toBeGreaterThan(3)
  })

  it.each(walkBys)('$name: what changed since the target date is the difference of the registers', ({ target, month, changes }) => {
    const since = changes.filter(({ date }) => date! > target.date!)
    const step = 10 ** -(changes[0]!.value.split('.')[1]?.length ?? 0)
    const sum = since.reduce((total, change) => total + of(change), 0)
    const difference = of(month) - of(target)
    // Each change is rounded on its own.
    expect(Math.abs(difference - sum)).toBeLessThanOrEqual(step * (since.length + 1) + Math.abs(difference) / 1000)
  })
})
