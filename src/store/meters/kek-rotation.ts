/**
 * Another key-encryption key. Whenever this is cut off, the file holds the key that the meter keys are sealed with: first the file gets
 * the new one beside the old one, then all keys are sealed anew in one transaction, then the old one goes. Run again, it goes on.
 */
import { randomBytes } from 'node:crypto'
import { type Opened, rewrapKeys } from '../backup/keys.ts'
import { keepMetersCopy } from '../damage/meters-copy.ts'
import { type Connection, closeDatabase, openDatabase } from '../disk/database.ts'
import { auditAppender } from './audit.ts'
import { keksIn, replaceKekFile } from './kek.ts'
import { kekIdIn } from './kek-id.ts'
import { kekId } from './sealed-key.ts'

export type RotationStep = 'announced' | 'sealed' | 'copied'

export interface RotationOptions {
  /** The state directory; its lock is held. */
  readonly directory: string
  /** Of the key-encryption key. */
  readonly file: string
  readonly by: { readonly who: string; readonly at: number | null }
  readonly onStep?: (step: RotationStep) => void
}

export interface Rotation extends Opened {
  readonly from: string
  readonly to: string
}

/** Throws an error that says what to try; then the daemon starts as before. */
export const rotateKek = ({ directory, file, by, onStep = () => {} }: RotationOptions): Rotation => {
  const [from, to] = bothIn(file)
  const db = openDatabase(directory)
  try {
    const sealedWith = kekIdIn(db)
    if (sealedWith !== null && sealedWith !== kekId(from) && sealedWith !== kekId(to))
      throw new Error(
        `The meter keys are sealed with key-encryption key ${sealedWith}, and ${file} holds ${kekId(from)}: put the right one back`,
      )
    replaceKekFile(file, [to, from])
    onStep('announced')
    const opened = sealedWith === kekId(to) ? { keys: keysIn(db), unopened: [] } : sealAnew(db, from, to, by)
    onStep('sealed')
    keepMetersCopy(directory, db)
    onStep('copied')
    replaceKekFile(file, [to])
    return { ...opened, from: kekId(from), to: kekId(to) }
  } finally {
    closeDatabase(db)
  }
}

/** Of a file with two keys an earlier rotation was cut off: the first one is the new one. */
const bothIn = (file: string): readonly [from: Uint8Array, to: Uint8Array] => {
  const [first, second] = keksIn(file)
  return second === undefined ? [first, randomBytes(32)] : [second, first]
}

const sealAnew = (db: Connection, from: Uint8Array, to: Uint8Array, by: RotationOptions['by']): Opened =>
  db
    .transaction(() => {
      const opened = rewrapKeys(db, from, to)
      const facts = { from: kekId(from), to: kekId(to), keys: opened.keys }
      auditAppender(db)({ ...by, what: 'kek.rotated', subject: null, facts })
      return opened
    })
    .immediate()

const keysIn = (db: Connection): number => db.prepare<[], number>('SELECT count(*) FROM meter_keys').pluck().get()!
