import { createHash } from 'node:crypto'
import type { Draft, StoredMessage } from './messages.ts'

/** A message as the outbox table has it. */
export interface OutboxRow extends StoredMessage {
  readonly checksum: Buffer
}

/** For SELECT: the columns under the names of `OutboxRow`. */
export const OUTBOX_COLUMNS = 'seq, kind, id, meter, day, precedence, body, checksum, stored_at AS storedAt'

/** First 8 bytes of SHA-256 over everything a row says. SQLite checks the file's structure, not its content. */
export const checksum = ({ kind, id, meter, day, precedence, body }: Draft, storedAt: number | null): Buffer =>
  createHash('sha256')
    .update(JSON.stringify([kind, id, meter, day, precedence, body, storedAt]))
    .digest()
    .subarray(0, 8)

/** Whether the row still says what was stored. */
export const isIntact = (row: OutboxRow): boolean => checksum(row, row.storedAt).equals(row.checksum)

export const toMessage = ({ checksum: _, ...message }: OutboxRow): StoredMessage => message
