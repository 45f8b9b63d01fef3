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

/** What else these modules say, by the reason why it is no reading: of a meter that did not answer, and to =READ_PRESSURE# and =SIGNAL#. */
const OTHERS: readonly (readonly [RegExp, 'sms.no-answer' | 'sms.no-value'])[] = [
  [/^\s*No meter response\s*$/i, 'sms.no-answer'],
  [/^\s*(?:\d+(?:\.\d+)?\s*bar\s*[,\r\n]\s*){1,2}Meter No\.?:\s*\d{1,8}[\s,]*$/i, 'sms.no-value'],
  [/^\s*Signal:\s*\d+\s*\(\d+-\d+\)[^\r\n]*\s*$/i, 'sms.no-value'],
]

/** Such answers are one message, and short. */
const LONGEST = 160

export const otherAnswer = (text: string): 'sms.no-answer' | 'sms.no-value' | null =>
  (text.length <= LONGEST && OTHERS.find(([answer]) => answer.test(text))?.[1]) || null
