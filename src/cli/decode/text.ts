import { table } from '../table.ts'
import type { Decoded, ObservationJson, RecordJson } from './decoded.ts'

/** One decoded telegram for people: whose it is, what protects it, and every record. */
export function decodedText(d: Decoded): string {
  const parts = [headLine(d), ...(d.notes ?? []).map((note) => `  note: ${note}`)]
  if (d.records.length > 0) parts.push(indent(table(['RECORD', 'VALUE', 'UNIT', 'QUANTITY', 'WHICH'], d.records.map(recordRow))))
  if (d.observation) parts.push(indent(observationText(d.observation)))
  return parts.join('\n')
}

/** What the meter type makes of the records. */
export const observationText = (o: ObservationJson): string =>
  [`as ${o.decoder} reads it:`, indent(table(['FIELD', 'VALUE', 'UNIT'], fieldRows(o)))].join('\n')

function headLine({ meter, security, ok, error }: Decoded): string {
  const whose = meter ? `${meter.manufacturer}-${meter.id}  ${meter.medium}, version ${meter.version}` : 'no address'
  const how = security && meter ? `  (encryption ${security.encryption}, integrity ${security.integrity})` : ''
  return ok ? whose + how : `${whose}${how}\n  ${error?.code}: ${error?.message}`
}

const recordRow = (r: RecordJson): (string | number | null)[] => [r.header, r.value ?? r.missing ?? null, r.unit, r.quantity, whichOf(r)]

/** What tells a record from the plain current value. */
const whichOf = (r: RecordJson): string =>
  [
    r.function === 'instantaneous' ? '' : r.function,
    r.storage > 0 ? `storage ${r.storage}` : '',
    r.tariff > 0 ? `tariff ${r.tariff}` : '',
    r.subunit > 0 ? `subunit ${r.subunit}` : '',
    ...(r.modifiers ?? []),
    r.protected === false ? 'not encrypted' : '',
  ]
    .filter((text) => text !== '')
    .join(', ')

const fieldRows = ({ fields, status, meterTime }: ObservationJson): (string | null)[][] => [
  ...Object.entries(fields).map(([name, { value, unit, date }]) => [name, value, date === undefined ? unit : `${unit} on ${date}`]),
  ...(status ? [['status', [status.code, ...status.conditions].join(' '), null]] : []),
  ...(meterTime ? [['meter time', meterTime, null]] : []),
]

const indent = (text: string): string => text.replace(/^/gm, '  ')
