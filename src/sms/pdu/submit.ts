/** A message to be sent (SMS-SUBMIT, 3GPP TS 23.040 §9.2.2.2), without validity period: the network's own holds. */
import { joined } from '../../wmbus/bytes.ts'
import { hexOf } from '../../wmbus/value.ts'
import { numberOctets } from './deliver.ts'
import { gsm7Septets, packSeptets } from './gsm7.ts'

const LONGEST = 160

/** The PDU and its length as AT+CMGS wants it; null where the text does not fit into one message of the default alphabet. */
export function submitPdu(to: string, text: string): { readonly pdu: string; readonly length: number } | null {
  const septets = gsm7Septets(text)
  const number = numberOctets(to)
  if (septets === null || septets.length > LONGEST || number === null) return null
  const tpdu = joined([Uint8Array.of(0x01, 0x00), number, Uint8Array.of(0x00, 0x00, septets.length), packSeptets(septets)])
  return { pdu: `00${hexOf(tpdu)}`, length: tpdu.length }
}
