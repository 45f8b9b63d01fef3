import { nearest } from '../../config/nearest.ts'
import { namesOf, parseMeter, resolveMeter } from '../../meter-name.ts'
import type { Meter } from '../../store/store.ts'
import { failure } from '../failure.ts'
import { say } from '../output.ts'

/** What an argument that names a registered meter takes. */
export const ANY_NAME = 'its name, its number, its label, its installation number or an alias'

/** Something long may be a key that landed in the wrong place: it is not repeated. */
const quoted = (text: string): string => (text.length <= 24 ? `"${text}"` : 'This')

/** The meter of an argument; says so where it put leading zeros back. */
export const meterArgument = (text: string): string => {
  const name = parseMeter(text)
  if ('problem' in name) throw failure('usage', `${quoted(text)} ${name.problem}`)
  if (name.shortened) say(`Leading zeros put back: ${name.shortened} is ${name.meter}`)
  return name.meter
}

/** The one registered meter that a text means. */
export const findMeter = (meters: readonly Meter[], text: string): Meter => {
  const found = resolveMeter(meters, text)
  if (found.length === 1) return found[0]!
  if (found.length > 1)
    throw failure('usage', `${quoted(text)} means ${found.length} meters: ${found.map(({ meter }) => meter).join(', ')}. Name one of them.`)
  const name = parseMeter(text)
  const near = nearest('meter' in name ? name.meter : text, meters.flatMap(namesOf))
  const hint = near ? `; did you mean ${near}?` : ': "varmesky meters list" shows all.'
  throw failure('failed', `${quoted(text)} is no registered meter${hint}`)
}
