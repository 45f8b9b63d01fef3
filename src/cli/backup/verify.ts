import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Backup, readBackup } from '../../store/backup/file.ts'
import { type Found, verifyBackup } from '../../store/backup/restore.ts'
import type { Attach } from '../command.ts'
import { failure } from '../failure.ts'
import { PASSPHRASE_OPTION } from '../input.ts'
import { count, print, printJson } from '../output.ts'
import { kekOfBackup } from './escrow.ts'
import { contentText, unopenedText } from './text.ts'

interface Options {
  readonly keys?: true
  readonly passphraseFile?: string
  readonly json?: true
}

export const backupVerify: Attach = (parent) =>
  void parent
    .command('verify')
    .description('read a backup from end to end, on any machine: checksums, structure, every message, and with --keys every key')
    .argument('<file>', 'the backup')
    .option('--keys', 'ask for the passphrase and open every key')
    .option(...PASSPHRASE_OPTION)
    .option('--json', 'as JSON')
    .action(async (file: string, _, command) => {
      // What the parent has options of the same name for lands there.
      const options = command.optsWithGlobals() as Options
      const backup = await readBackup(file)
      const kek = options.keys && backup.manifest.kek !== null ? await kekOfBackup(backup, options) : null
      const found = await unpacked((work) => verifyBackup(backup, work, kek))
      const { structure, damaged } = found.inspection
      const sound = structure.length === 0 && damaged.length === 0 && found.opened.unopened.length === 0
      if (options.json)
        printJson({ sound, ...backup.manifest, escrow: backup.escrow !== null, structure, damaged, keysTried: kek !== null })
      else print(text(backup, found, kek !== null))
      if (!sound) throw failure('failed', structure.length > 0 ? UNFIT : 'It can be restored; what is damaged in it was damaged before.')
    })

const UNFIT = 'It cannot be restored: take another copy of it, or an older backup.'

const text = (backup: Backup, { inspection, opened }: Found, tried: boolean): string =>
  [
    contentText(backup),
    'Its checksums are right.',
    inspection.structure.length === 0 ? 'The structure is in order.' : `The structure is damaged:\n  ${inspection.structure.join('\n  ')}`,
    inspection.damaged.length === 0
      ? 'Each message is as it was stored.'
      : `${count(inspection.damaged.length, 'message')} not as stored, and never sent: ${inspection.damaged.slice(0, 10).join(', ')}`,
    ...(tried && opened.unopened.length === 0 ? [`Each of ${count(opened.keys, 'key')} opens and has its check value.`] : []),
    ...(opened.unopened.length > 0 ? [unopenedText(opened.unopened)] : []),
    ...(!tried && backup.manifest.kek !== null ? ['The keys were not tried: --keys'] : []),
  ].join('\n')

/** Room for a whole database: /var/tmp is on a disk where /tmp is often in RAM. */
const unpacked = async <Result>(look: (work: string) => Promise<Result>): Promise<Result> => {
  const work = mkdtempSync(join(process.env['TMPDIR'] || '/var/tmp', 'varmesky-verify-'))
  try {
    return await look(work)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
