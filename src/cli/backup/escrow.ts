import { openKek } from '../../store/backup/escrow.ts'
import { type Backup, readBackup } from '../../store/backup/file.ts'
import { failure } from '../failure.ts'
import { readPassphrase } from '../input.ts'

interface Options {
  readonly kekFrom?: string
  readonly passphraseFile?: string
}

/** The key-encryption key a backup's meter keys are sealed with: out of itself, or out of another backup of the same box. */
export const kekOfBackup = async (backup: Backup, { kekFrom, passphraseFile }: Options): Promise<Uint8Array> => {
  const sealed = backup.manifest.kek
  const { file, escrow } = kekFrom === undefined ? backup : await readBackup(kekFrom)
  if (escrow === null) throw failure('failed', `There is no key-encryption key in ${file}, and the meter keys need ${sealed}.\n${WITHOUT}`)
  if (escrow.kek !== sealed)
    throw failure('failed', `The key-encryption key in ${file} is ${escrow.kek}, and the meter keys need ${sealed}.\n${WITHOUT}`)
  const kek = await openKek(escrow, await readPassphrase('Passphrase of the backup', passphraseFile, false))
  if (kek === null) throw failure('failed', `This is not the passphrase of ${file}. Nothing was done.`)
  return kek
}

const WITHOUT = `Name a backup of the same box that has it:  --kek-from FILE
or put it back from the safe as the box's own, and restore then; or restore without keys and import them again:  --without-keys`
