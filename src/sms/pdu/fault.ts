/** Why a PDU is no message; a closed list. */
export const PDU_FAULTS = {
  'pdu.hex': 'not hexadecimal',
  'pdu.truncated': 'ends inside a field',
  'pdu.kind': 'not a received message (SMS-DELIVER): a status report, or one to be sent',
  'pdu.address': 'an address longer than one can be',
  'pdu.compressed': 'compressed text, which nobody sends and this program does not read',
  'pdu.header': 'the user data header does not fit the user data',
} as const

export type PduFault = keyof typeof PDU_FAULTS
