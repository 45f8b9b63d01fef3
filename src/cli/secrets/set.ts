import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Argument } from 'commander'
import { type Attach, configFileOf, DEFAULT_CONFIG } from '../command.ts'
import { failure } from '../failure.ts'
import { readSecret } from '../input.ts'
import { print } from '../output.ts'
import { credentialFile, SECRETS, type SecretName } from './secrets.ts'

export const secretsSet: Attach = (parent) =>
  void parent
    .command('set')
    .description('store a password, a PIN or a secret: asked for without echo, or read from standard input')
    .addArgument(new Argument('<name>').choices(Object.keys(SECRETS)))
    .option('--file', 'in a file (0600) beside the configuration, not as a credential that only this machine can decrypt')
    .action(async (name: SecretName, options: { file?: true }, command) => {
      const { about, problem, setting } = SECRETS[name]
      const value = await readSecret(`${about[0]!.toUpperCase()}${about.slice(1)}`, problem)
      const config = resolve(configFileOf(command))
      const sealed = options.file !== true && config === DEFAULT_CONFIG && hasSystemdCreds()
      if (sealed) {
        seal(name, value)
        print(`made  ${credentialFile(name)}\nIn force after:  sudo systemctl restart varmesky`)
        return
      }
      const file = join(dirname(config), name)
      writePlain(file, value)
      print(`made  ${file}\nIn ${config}:  ${setting.replace('…', `./${name}`)}`)
    })

const hasSystemdCreds = (): boolean => spawnSync('systemd-creds', ['--version'], { stdio: 'ignore' }).status === 0

/** Bound to its name and to this machine, and to its TPM where it has one. The value goes through a pipe. */
const seal = (name: SecretName, value: string): void => {
  const file = credentialFile(name)
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const part = `${file}.part`
  const args = ['encrypt', '--with-key=auto', `--name=${name}`, '-', part]
  const { status, stderr } = spawnSync('systemd-creds', args, { input: value, encoding: 'utf8' })
  if (status !== 0 || !existsSync(part)) {
    rmSync(part, { force: true })
    throw failure('failed', `systemd-creds cannot seal it: ${stderr.trim()}\nUse sudo, or --file.`)
  }
  chmodSync(part, 0o600)
  renameSync(part, file)
}

const writePlain = (file: string, value: string): void => {
  try {
    writeFileSync(`${file}.part`, `${value}\n`, { mode: 0o600, flag: 'wx' })
    renameSync(`${file}.part`, file)
  } catch (error) {
    throw failure('failed', `${file} cannot be written (${(error as NodeJS.ErrnoException).code}): use sudo`)
  }
}
