import type { Observation } from '../decoders/observation.ts'
import { packedText, unpackedText } from './packed-text.ts'

/** Between what was packed and the bytes of the telegram, which are random and would only grow. */
const THEN_BYTES = '.'

/** JSON numbers end at 2^53: a bigint goes as `"18446744073709551615n"`. */
export const observationText = (observation: Observation): string => {
  const packed = packedText(JSON.stringify(observation, (_, value) => written(value)))
  const bytes = observation.telegram?.bytes
  return bytes === undefined ? packed : packed + THEN_BYTES + Buffer.from(bytes).toString('base64')
}

const written = (value: unknown): unknown => {
  if (typeof value === 'bigint') return `${value}n`
  return value instanceof Uint8Array ? '' : value
}

/** What `observationText` wrote, or releases before it: plain JSON, with the bytes in hex. Throws on anything else. */
export const readObservation = (text: string): unknown => {
  const isPacked = !text.startsWith('{')
  const [packed = '', tail = ''] = isPacked ? text.split(THEN_BYTES) : [text]
  const bytes = (hex: string): Buffer => (isPacked ? Buffer.from(tail, 'base64') : Buffer.from(hex, 'hex'))
  return JSON.parse(unpackedText(packed), (name, value) => {
    if (typeof value !== 'string') return value
    if (name === 'raw') return BigInt(value.slice(0, -1))
    return name === 'bytes' ? Uint8Array.from(bytes(value)) : value
  })
}
