import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { systemClock } from '../../clock.ts'
import type { Config } from '../../config.ts'
import { type Backup, readBackup } from '../../store/backup/file.ts'
import { type Found, type KeyPlan, type RestoreStep, restoreBackup, stateFilesIn } from '../../store/backup/restore.ts'
import { acquireLock } from '../../store/disk/lock.ts'
import { DEFAULT_KEK, loadKek } from '../../store/meters/kek.ts'
import { kekId } from '../../store/meters/sealed-key.ts'
import { type Attach, configFileOf, configIn } from '../command.ts'
import { failure } from '../failure.ts'
import { makeConfigFile, makeDirectory } from '../init/files.ts'
import { PASSPHRASE_OPTION } from '../input.ts'
import { count, print, say } from '../output.ts'
import { who } from '../who.ts'
import { kekOfBackup } from './escrow.ts'
import { contentText, unopenedText } from './text.ts'

interface Options {
  readonly kekFrom?: string
  readonly withoutKeys?: true
  readonly passphraseFile?: string
}

export const restore: Attach = (parent) =>
  void parent
    .command('restore')
    .description('make this box what a backup says, where it has no state of its own yet; the old box must stay off')
    .argument('<file>', 'the backup')
    .option('--kek-from <file>', 'take the key-encryption key out of another backup of the same box')
    .option('--without-keys', 'give the meter keys up; they have to be imported again')
    .option(...PASSPHRASE_OPTION)
    .action(async (file: string, options: Options, command: Command) => {
      const backup = await readBackup(file)
      const config = configFor(backup, resolve(configFileOf(command)))
      makeDirectory(config.stateDirectory)
      const lock = acquireLock(config.stateDirectory)
      if (!lock) throw failure('failed', `The daemon runs on ${config.stateDirectory}: stop it first (sudo systemctl stop varmesky)`)
      try {
        refuseState(config.stateDirectory)
        const keys = await planFor(backup, config, options)
        const by = { who: who(), at: systemClock(config.clock.trust).utcMs() }
        const found = await restoreBackup({ backup, directory: config.stateDirectory, keys, by, onStep: (step) => say(STEPS[step]) })
        print(doneText(backup, config, keys, found))
      } finally {
        lock.release()
      }
    })

/** Said as it goes on: on a small box it takes minutes. */
const STEPS: Readonly<Record<RestoreStep, string>> = {
  unpacked: 'The database is unpacked, and what was written.',
  prepared: 'It is in order, up to date, and its keys are this box’s.',
  'kek written': 'The key-encryption key is in its place.',
  'in place': 'The database is in its place.',
}

/** The box's own configuration, or the backup's where there is none. */
const configFor = ({ file, config: text, manifest }: Backup, path: string): Config => {
  if (!existsSync(path) && text !== null) makeConfigFile(path, text)
  const config = configIn(path)
  if (config.gateway === manifest.gateway) return config
  throw failure(
    'failed',
    `${path} calls this box ${config.gateway}, and ${file} is of ${manifest.gateway}: billing would take it for another one.
Set "gateway: ${manifest.gateway}" there, or move ${path} away to have the backup's.`,
  )
}

const refuseState = (directory: string): void => {
  const files = stateFilesIn(directory)
  if (files.length === 0) return
  throw failure(
    'refused',
    `There is a state in ${directory} already (${files.join(', ')}), and a restore never overwrites one. To put it out of the way:
  sudo systemctl stop varmesky
  sudo mkdir ${directory}/before && sudo mv ${files.map((name) => `${directory}/${name}`).join(' ')} ${directory}/before/`,
  )
}

const planFor = async (backup: Backup, config: Config, options: Options): Promise<KeyPlan> => {
  const sealed = backup.manifest.kek
  if (sealed === null) return { kind: 'none' }
  if (options.withoutKeys) return { kind: 'drop' }
  const own = loadKek(config.kekFile)
  if (own !== null && kekId(own) === sealed) return { kind: 'same', kek: own }
  const kek = await kekOfBackup(backup, options)
  return own === null ? { kind: 'take', kek, path: config.kekFile ?? DEFAULT_KEK } : { kind: 'rewrap', from: kek, to: own }
}

const doneText = (backup: Backup, config: Config, keys: KeyPlan, { inspection, opened }: Found): string => {
  const missing = filesNamedIn(config).filter((path) => !existsSync(path))
  return [
    `Restored into ${config.stateDirectory}: ${contentText(backup)}`,
    ...(keys.kind === 'take' ? [`The key-encryption key is now ${keys.path}; keep it as docs/operations.md says.`] : []),
    ...(keys.kind === 'drop' ? [`Without keys: import them again before you start (varmesky meters import FILE).`] : []),
    ...(opened.unopened.length > 0 ? [`${unopenedText(opened.unopened)}. Import these again.`] : []),
    ...(inspection.damaged.length > 0 ? [`${count(inspection.damaged.length, 'message')} not as stored, and never sent.`] : []),
    ...(missing.length > 0 ? [`The configuration names what is not here yet:\n  ${missing.join('\n  ')}`] : []),
    'Two boxes with one name would both send: keep the old one off. Then:  sudo systemctl start varmesky',
  ].join('\n')
}

/** What lies beside the configuration and is in no backup: secrets, certificates, meter types, ports. */
const filesNamedIn = ({ mqtt, http, meters, csv, receivers }: Config): readonly string[] =>
  [
    mqtt?.ca,
    mqtt?.cert,
    mqtt?.key,
    mqtt?.passwordFile,
    mqtt?.requests !== 'none' ? mqtt?.requests.secretFile : undefined,
    http?.tokenFile,
    meters.types,
    csv?.directory,
    ...receivers.map(({ at }) => at),
  ].filter((path): path is string => path?.startsWith('/') === true)
