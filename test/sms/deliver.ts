/** SMS-DELIVER PDUs as a network makes them (3GPP TS 23.040 §9.2.2.1), for messages that no fixture holds. */
import { gsm7Septets, packSeptets } from '../../src/sms/pdu/gsm7.ts'

export interface Sms {
  readonly from: string
  /** Local time of the service centre, `2026-11-24T06:15:30`, and its zone in quarters of an hour. */
  readonly at?: string
  readonly quarters?: number
  /** Text of the GSM alphabet, or data. */
  readonly body: string | Uint8Array
}

const swapped = (digits: string): string => (digits.length % 2 ? `${digits}F` : digits).replace(/(.)(.)/g, '$2$1')
const octet = (n: number): string => n.toString(16).toUpperCase().padStart(2, '0')
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex').toUpperCase()

const stampOf = ({ at = '2026-11-24T06:15:30', quarters = 4 }: Sms): string =>
  swapped(at.slice(2).replace(/\D/g, '')) + octet(((quarters % 10) << 4) | Math.floor(quarters / 10))

/** One PDU; `header`: the user data header without its length. */
const pduOf = (sms: Sms, septets: Uint8Array | null, data: Uint8Array, header: readonly number[]): string => {
  const ud = header.length > 0 ? Uint8Array.from([header.length, ...header]) : new Uint8Array()
  const headerSeptets = Math.ceil((8 * ud.length) / 7)
  const packed = septets && packSeptets(septets, 7 * headerSeptets)
  packed?.set(ud)
  const content = packed ?? Buffer.concat([ud, data])
  const length = septets ? headerSeptets + septets.length : content.length
  const sender = `${octet(sms.from.length - 1)}91${swapped(sms.from.slice(1))}`
  return `0791${swapped('4540590000')}00${octet(header.length > 0 ? 0x44 : 0x04)}${sender}00${septets ? '00' : '04'}${stampOf(sms)}${octet(length)}${hex(content)}`
}

/** The PDUs of a message: one, or as many parts as it takes. */
export function deliver(sms: Sms, reference = 1, longest?: number): readonly string[] {
  const septets = typeof sms.body === 'string' ? gsm7Septets(sms.body)! : null
  const all = septets ?? (sms.body as Uint8Array)
  const room = longest ?? (septets ? 153 : 134)
  if (all.length <= (longest ?? (septets ? 160 : 140))) return [pduOf(sms, septets, all, [])]
  const total = Math.ceil(all.length / room)
  return Array.from({ length: total }, (_, i) => {
    const piece = all.slice(i * room, (i + 1) * room)
    return pduOf(sms, septets && piece, piece, [0, 3, reference & 0xff, total, i + 1])
  })
}
