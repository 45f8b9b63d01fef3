import { createHash } from 'node:crypto'
import { decodePdu, isPdu } from './pdu.ts'

/** Two PDUs of one hash are the same message: the same words of the same sender in the same second of the service centre. */
export function hashOf(pdu: string): string {
  const decoded = decodePdu(pdu)
  const sha = createHash('sha256')
  if (!isPdu(decoded)) return sha.update(pdu.toUpperCase()).digest('hex')
  const { from, alphabet, stamp, header, content } = decoded
  return sha
    .update(JSON.stringify([from, alphabet, header.length]))
    .update(stamp)
    .update(header)
    .update(content)
    .digest('hex')
}
