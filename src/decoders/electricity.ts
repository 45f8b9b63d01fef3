/** Electricity meters with records of their own, layouts inferred from public telegrams. */
import type { Decoder, Field, Pick } from './decoder.ts'
import { CURRENT, ENERGY, FREQUENCY, POWER, tariffs, VOLTAGE } from './fields.ts'

const own = (name: string, kind: Field['kind'], pick: Pick, unit: string, exponent = 0): Field => ({ name, kind, pick, unit, exponent })
const PHASES = [1, 2, 3]

/** A manufacturer's byte behind a VIF says which phase; the VIF says the unit. */
const phases = (field: Field, vib: string, unit: string, exponent: number): Field[] =>
  PHASES.map((phase) => own(`${field.name}L${phase}`, field.kind, { vib: `${vib}FF0${phase}` }, unit, exponent))

/** Schneider Electric iEM3000: subunit 1 is reactive. */
export const schneiderIem3000 = {
  name: 'schneider-iem3000',
  version: 1,
  meters: [{ manufacturer: 'SEC', types: [0x02] }],
  clock: 'unknown',
  stamp: 'unknown',
  fields: [
    ENERGY,
    ...tariffs(ENERGY, [1, 2, 3, 4]),
    own('backwardEnergy', 'register', { vib: '83FF09' }, 'Wh'),
    own('reactiveEnergy', 'register', { vib: '03', subunit: 1 }, 'varh'),
    own('backwardReactiveEnergy', 'register', { vib: '83FF09', subunit: 1 }, 'varh'),
    own('partialEnergy', 'register', { vib: '83FF0D' }, 'Wh'),
    own('partialReactiveEnergy', 'register', { vib: '83FF0D', subunit: 1 }, 'varh'),
    ...phases(ENERGY, '83', 'Wh', 0),
    POWER,
    ...phases(POWER, 'AE', 'kW', 0),
    ...phases(VOLTAGE, 'FDC9', 'V', 0),
    ...phases(CURRENT, 'FDDC', 'A', 0),
    own('frequency', 'momentary', { vib: 'FF0B' }, 'Hz'),
    own('nominalFrequency', 'momentary', { vib: 'FF24' }, 'Hz'),
  ],
} as const satisfies Decoder

const CONTO_DIRECTIONS = { positive: '3B', negative: '3C' } as const
/** Register 0 counts active, 1 reactive energy; tariff 5 is the sum, 6 the part since the last reset. */
const CONTO_TARIFFS: Readonly<Record<string, number>> = { '': 5, Partial: 6, Tariff1: 1, Tariff2: 2 }
const contoEnergies = (name: string, register: string, unit: string): Field[] =>
  Object.entries(CONTO_DIRECTIONS).flatMap(([direction, vife]) =>
    Object.entries(CONTO_TARIFFS).map(([suffix, tariff]) =>
      own(`${direction}${name}${suffix}`, 'register', { vib: `FF${register}84${vife}`, tariff }, unit, -2),
    ),
  )
/** Tariffs 8, 9 and 10 are the phases. */
const contoPhases = (name: string, vib: string, unit: string, exponent: number, suffixes: readonly string[]): Field[] =>
  suffixes.map((suffix, i) => own(`${name}${suffix}`, 'momentary', { vib, tariff: 8 + i }, unit, exponent))

/** IME Conto D4. */
export const imeConto = {
  name: 'ime-conto',
  version: 1,
  meters: [{ manufacturer: 'IME', versions: [0x66], types: [0x02] }],
  clock: 'unknown',
  stamp: 'unknown',
  fields: [
    ...contoEnergies('ActiveEnergy', '80', 'kWh'),
    ...contoEnergies('ReactiveEnergy', '81', 'kvarh'),
    ...contoPhases('voltage', 'FF8748', 'V', -1, ['L1', 'L2', 'L3']),
    ...contoPhases('voltage', 'FF8848', 'V', -1, ['L1L2', 'L2L3', 'L3L1']),
    ...contoPhases('current', 'FF8959', 'A', -3, ['L1', 'L2', 'L3']),
    own('frequency', 'momentary', { vib: 'FF8A48' }, 'Hz', -1),
  ],
} as const satisfies Decoder

/** IME Nemo D4. */
export const imeNemo = {
  name: 'ime-nemo',
  version: 1,
  meters: [{ manufacturer: 'IME', versions: [0x1d], types: [0x02] }],
  clock: 'unknown',
  stamp: 'unknown',
  fields: [{ ...FREQUENCY, pick: { vib: 'FF5A' }, unit: 'Hz', exponent: -1 }],
} as const satisfies Decoder
