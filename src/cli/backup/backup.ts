import { readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Command } from 'commander'
import { systemClock } from '../../clock.ts'
import type { Config } from '../../config.ts'
import { makeBackup, refuseOtherKek } from '../../store/backup/backup.ts'
import { DEFAULT_KEK } from '../../store/meters/kek.ts'
import { kekIdOf } from '../../store/meters/kek-id.ts'
import { VERSION } from '../../version.ts'
import { noted } from '../audit/noted.ts'
import { type Attach, configFileOf, configIn } from '../command.ts'
import { failure } from '../failure.ts'
import { PASSPHRASE_OPTION, readPassphrase } from '../input.ts'
import { print, printJson } from '../output.ts'
import { kekFor } from '../store-access.ts'
import { contentText } from './text.ts'
import { backupVerify } from './verify.ts'

interface Options {
  /** False with `--without-kek`. */
  readonly withoutKek?: true
  readonly passphraseFile?: string
  readonly json?: true
}

export const backup: Attach = (parent) => {
  const command = parent
    .command('backup')
    .description(
      'write all of this box into one file: readings, backlog, meters, sealed keys, configuration; beside the daemon or without it',
    )
    .argument('<file>', 'the new file, or a directory that gets one named after the box and the time')
    .option('--without-kek', 'do not put the key-encryption key into it; it is kept elsewhere, and nothing is asked')
    .option(...PASSPHRASE_OPTION)
    .option('--json', 'as JSON')
    .helpCommand(false)
    .action(write)
  backupVerify(command)
}

async function write(target: string, options: Options, command: Command): Promise<void> {
  const configFile = configFileOf(command)
  const config = configIn(configFile)
  const utcMs = systemClock(config.clock.trust).utcMs()
  const made = await makeBackup({
    directory: config.stateDirectory,
    file: fileFor(target, config.gateway, utcMs),
    gateway: config.gateway,
    program: VERSION,
    utcMs,
    config: readFileSync(configFile, 'utf8'),
    escrow: options.withoutKek ? null : await escrowOf(config, options),
  })
  const { meters, messages } = made.manifest
  await noted(config, { what: 'backup', facts: { file: basename(made.file).slice(-200), meters, messages, kek: made.escrow !== null } })
  if (options.json) printJson({ file: made.file, ...made.manifest, escrow: made.escrow !== null })
  else print(`${made.file}: ${contentText(made)}`)
}

const fileFor = (target: string, gateway: string, utcMs: number | null): string => {
  if (!isDirectory(target)) return target
  const stamp = utcMs === null ? 'undated' : new Date(utcMs).toISOString().replace(/[-:]|\.\d+/g, '')
  return join(target, `${gateway}-${stamp}.tar`)
}

const isDirectory = (path: string): boolean => {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

/** The key-encryption key and a passphrase for it; null where no meter has a key. */
const escrowOf = async (config: Config, { passphraseFile }: Options) => {
  if (kekIdOf(config.stateDirectory) === null) return null
  const kek = kekIn(config)
  refuseOtherKek(config.stateDirectory, kek)
  return { kek, passphrase: await readPassphrase('Passphrase for the key-encryption key in the backup', passphraseFile, true) }
}

const kekIn = (config: Config): Uint8Array => {
  let reason = `there is none in ${config.kekFile ?? DEFAULT_KEK}`
  try {
    const kek = kekFor(config)
    if (kek !== null) return kek
  } catch (error) {
    reason = (error as Error).message
  }
  throw failure(
    'failed',
    `The backup is to hold the key-encryption key, and it is not to be had: ${reason}.
Run this command with sudo; where systemd keeps it as a credential see docs/backup.md; or leave it out:  --without-kek`,
  )
}
