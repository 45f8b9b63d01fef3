import type { Observation } from '../decoders/observation.ts'
import { hexOf } from '../wmbus/value.ts'

/** JSON numbers end at 2^53: a bigint goes as `"18446744073709551615n"`; bytes go as hex. */
export const observationText = (observation: Observation): string => JSON.stringify(observation, (_, value) => written(value))

const written = (value: unknown): unknown => {
  if (typeof value === 'bigint') return `${value}n`
  return value instanceof Uint8Array ? hexOf(value) : value
}

/** What `observationText` wrote; throws on anything else that is not JSON. */
export const readObservation = (text: string): unknown =>
  JSON.parse(text, (name, value) => {
    if (typeof value !== 'string') return value
    if (name === 'raw') return BigInt(value.slice(0, -1))
    return name === 'bytes' ? Uint8Array.from(Buffer.from(value, 'hex')) : value
  })
