/** Restores a backup into a box and kills itself at one step of it: `restoring.ts FILE DIRECTORY KEK_FILE STEP`. */
import { readFileSync } from 'node:fs'
import { readBackup } from '../../src/store/backup/file.ts'
import { type KeyPlan, restoreBackup } from '../../src/store/backup/restore.ts'
import { acquireLock } from '../../src/store/disk/lock.ts'

const [file, directory, path, last] = process.argv.slice(2) as [string, string, string, string]
const lock = acquireLock(directory)
const backup = await readBackup(file)
const keys: KeyPlan = { kind: 'take', kek: Buffer.from(readFileSync(`${file}.kek`, 'utf8').trim(), 'hex'), path }
const onStep = (step: string): void => void (step === last && process.kill(process.pid, 'SIGKILL'))
if (lock !== null) await restoreBackup({ backup, directory, keys, by: { who: 'test', at: null }, onStep })
