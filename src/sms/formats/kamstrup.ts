/**
 * Answers of Kamstrup's GSM modules (GSM6H, 5512687_C2 p. 9; GSM7i and GSM8i are alike): values with their units, separated by
 * commas, line ends or both, in any number. One word that is not known, and it is not such an answer.
 */
import type { Measurement } from '../../decoders/observation.ts'
import { type FieldName, measurementOf, unitOf } from './quantities.ts'
import { hasRegister, isUnambiguous, type SmsReading } from './reading.ts'

const BY_QUANTITY: Readonly<Record<string, FieldName>> = {
  energy: 'energy',
  volume: 'volume',
  power: 'power',
  flowRate: 'flowRate',
  time: 'onTime',
}

const VALUE = /^(-?\d+(?:\.\d+)?)\s*([^\d\s:][^\s:]*)$/
const TEMPERATURE = /^T([12]):\s*(-?\d+(?:\.\d+)?)\s*(°?C)$/i
const METER = /^Meter No\.?:\s*(\d{1,8})$/i
const INFO = /^Info code:\s*(\d+)$/i

function measured(token: string): Measurement | null {
  const [, which, degrees, celsius] = TEMPERATURE.exec(token) ?? []
  if (which !== undefined) return measurementOf(which === '1' ? 'flowTemperature' : 'returnTemperature', degrees!, celsius!)
  const [, value, unit] = VALUE.exec(token) ?? []
  const name = BY_QUANTITY[unitOf(unit ?? '')?.quantity ?? '']
  return name === undefined ? null : measurementOf(name, value!, unit!)
}

export function readKamstrup(text: string): SmsReading | null {
  const tokens = text.split(/[\r\n]+|,(?!\d)/).map((token) => token.trim())
  const measurements: Measurement[] = []
  let meter: string | undefined
  let info: string | undefined
  for (const token of tokens.filter((each) => each !== '')) {
    const number = METER.exec(token)?.[1]
    const code = INFO.exec(token)?.[1]
    const value = measured(token)
    if ((number !== undefined && meter !== undefined) || (code !== undefined && info !== undefined)) return null
    meter = number ?? meter
    info = code ?? info
    if (value) measurements.push(value)
    else if (number === undefined && code === undefined) return null
  }
  if (meter === undefined || !hasRegister(measurements) || !isUnambiguous(measurements)) return null
  const isHeat = measurements.some(({ name }) => name === 'volume')
  return {
    meter,
    measurements: isHeat ? measurements : measurements.map(({ obis: _, ...value }) => value),
    info: info ?? null,
    time: null,
    deviceType: isHeat ? 'heat' : 'electricity',
    decoder: 'kamstrup-gsm/1',
  }
}

/** The module's word for a meter that did not answer it. */
export const isNoAnswer = (text: string): boolean => /^\s*No meter response\s*$/i.test(text)
