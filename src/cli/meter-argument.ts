import { nearest } from '../config/nearest.ts'
import type { Meter } from '../store/store.ts'
import { failure } from './failure.ts'
import { say } from './output.ts'

const SPELLING = /^([A-Z]{3})?[-_./]?([0-9A-F]{1,8})$/

export interface MeterName {
  /** `KAM-07134347`. */
  readonly meter: string
  /** The digits as written, where leading zeros had to be put back. */
  readonly shortened: string | null
}

/** A meter's name as people write it: any case, spaces, without its leading zeros; `manufacturer` where the text has none. */
export const parseMeter = (text: string, manufacturer = ''): MeterName | { readonly problem: string } => {
  const [, letters, digits] = SPELLING.exec(text.toUpperCase().replace(/\s/g, '')) ?? []
  const maker = manufacturer.toUpperCase().trim()
  if (!digits) return { problem: 'is not a meter: write three letters, "-" and up to eight digits, as in KAM-07134347' }
  if (letters && maker && letters !== maker) return { problem: `says ${letters}, but the manufacturer is given as ${maker}` }
  if (!/^[A-Z]{3}$/.test(letters ?? maker)) return { problem: 'has no manufacturer: three letters, as in KAM-07134347' }
  return { meter: `${letters ?? maker}-${digits.padStart(8, '0')}`, shortened: digits.length < 8 ? digits : null }
}

/** Something long may be a key that landed in the wrong place: it is not repeated. */
const quoted = (text: string): string => (text.length <= 24 ? `"${text}"` : 'This')

/** The meter of an argument; says so where it put leading zeros back. */
export const meterArgument = (text: string): string => {
  const name = parseMeter(text)
  if ('problem' in name) throw failure('usage', `${quoted(text)} ${name.problem}`)
  if (name.shortened) say(`Leading zeros put back: ${name.shortened} is ${name.meter}`)
  return name.meter
}

/** The one registered meter that a text means: its name, its number alone, its label or its installation number. */
export const findMeter = (meters: readonly Meter[], text: string): Meter => {
  const name = parseMeter(text)
  const number = text.replace(/\s/g, '').toUpperCase().padStart(8, '0')
  const found = meters.filter(
    ({ meter, label, installation }) =>
      ('meter' in name && meter === name.meter) || meter.slice(4) === number || label === text || installation === text,
  )
  if (found.length === 1) return found[0]!
  if (found.length > 1)
    throw failure('usage', `${quoted(text)} means ${found.length} meters: ${found.map(({ meter }) => meter).join(', ')}. Name one of them.`)
  const names = meters.flatMap(({ meter, label, installation }) => [meter, label, installation].filter((name) => name !== null))
  const near = nearest('meter' in name ? name.meter : text, names)
  const hint = near ? `; did you mean ${near}?` : ': "varmesky meters list" shows all.'
  throw failure('failed', `${quoted(text)} is no registered meter${hint}`)
}
