/** What somebody far away needs to see, in one file: without keys, without readings, and with pseudonyms for meters. */
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { create } from 'tar'
import { redaction } from '../../log.ts'
import { VERSION } from '../../version.ts'
import { failure } from '../failure.ts'
import type { Finding, Patient } from './checks.ts'

const NAME = 'varmesky-bundle'
const MOST_LINES = '3000'

/** The output of a program of the system; where there is none, that is what stands there. */
const output = (command: string, ...args: string[]): string => {
  const { stdout, error } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 32_000_000 })
  return error ? `${error.message}\n` : stdout
}

/** What could name a secret by its place, beside what looks like a key. */
const SECRET_LINE = /((?:password|passphrase|secret|token|pin|key)\w*["']?\s*[:=]\s*)(?!["']?[./]|null|\[hidden\])[^\s,}]+/gi

/** Writes the bundle (0600). Meter numbers stand in it as pseudonyms, the same ones throughout. Rejects where the file is there already. */
export async function writeBundle(file: string, configFile: string, patient: Patient, findings: readonly Finding[]): Promise<void> {
  const hashed = redaction('hashed')
  const redacted = (text: string): string => hashed(text).replace(SECRET_LINE, '$1[hidden]')
  const directory = mkdtempSync(join(tmpdir(), 'varmesky-bundle-'))
  try {
    mkdirSync(join(directory, NAME))
    const texts: Readonly<Record<string, string>> = {
      'doctor.json': json(findings),
      'status.json': json(patient.status),
      'events.jsonl': (patient.events ?? []).map((event) => `${JSON.stringify(event)}\n`).join(''),
      'varmesky.yaml': readFileSync(configFile, 'utf8'),
      'versions.txt': `varmesky ${VERSION}\nnode ${process.version} ${process.arch}\nlinux ${release()}\n${output('cat', '/etc/os-release')}`,
      'unit.txt': output('systemctl', 'cat', '--no-pager', 'varmesky'),
      'unit-status.txt': output('systemctl', 'status', '--no-pager', '-n0', 'varmesky'),
      'journal.txt': output('journalctl', '-u', 'varmesky', '-n', MOST_LINES, '--no-pager', '-o', 'short-iso'),
    }
    for (const [name, text] of Object.entries(texts)) writeFileSync(join(directory, NAME, name), redacted(text))
    writeFileSync(file, '', { flag: 'wx', mode: 0o600 })
    await create({ file, cwd: directory, gzip: true, portable: true }, [NAME])
    chmodSync(file, 0o600)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw failure(
      'failed',
      `${file} cannot be made (${code ?? (error as Error).message})${code === 'EEXIST' ? ': it is there already' : ''}`,
    )
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`
