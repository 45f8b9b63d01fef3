import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Where the key-encryption key lies if nothing else is said. */
export const DEFAULT_KEK = '/etc/varmesky/kek'

/**
 * The key-encryption key, 32 bytes: from the configured file, else the systemd credential `kek`, else /etc/varmesky/kek; null
 * where there is none. Throws if it cannot be read, is not 64 hex digits, or lies in a file that others can read.
 */
export const loadKek = (configuredFile?: string, credentialsDirectory = process.env['CREDENTIALS_DIRECTORY']): Uint8Array | null => {
  if (configuredFile === undefined && credentialsDirectory !== undefined) {
    // Its mode tells nothing: systemd guards its credentials itself, in some versions by an access list.
    const credential = read(join(credentialsDirectory, 'kek'))
    if (credential !== null) return parse(credential)
  }
  const file = read(configuredFile ?? DEFAULT_KEK)
  if (file === null) return null
  if ((file.mode & 0o077) !== 0) throw new Error(`Others can read the key-encryption key: chmod 600 ${file.path}`)
  return parse(file)
}

/** Makes a new key-encryption key in a file that only its owner can read. Throws if there is one: it is never overwritten. */
export const createKekFile = (path: string): Uint8Array => {
  const kek = randomBytes(32)
  writeKekFile(path, kek)
  return kek
}

/** The same with a key there is already: the file is whole or not there at all. */
export const writeKekFile = (path: string, kek: Uint8Array): void => {
  const next = `${path}.new`
  try {
    durably(openSync(next, 'w', 0o600), (file) => writeFileSync(file, `${Buffer.from(kek).toString('hex')}\n`))
    try {
      linkSync(next, path)
    } finally {
      unlinkSync(next)
    }
    // The name in its directory as well: without the KEK every key sealed with it is lost.
    durably(openSync(dirname(path), 'r'), () => {})
  } catch (cause) {
    throw new Error(`Cannot make a key-encryption key in ${path}: ${advice(cause)}`, { cause })
  }
}

interface KekFile {
  readonly path: string
  readonly text: string
  readonly mode: number
}

const read = (path: string): KekFile | null => {
  try {
    return { path, text: readFileSync(path, 'utf8'), mode: statSync(path).mode }
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return null
    throw new Error(`Cannot read the key-encryption key in ${path}: ${advice(cause)}`, { cause })
  }
}

const parse = ({ path, text }: KekFile): Uint8Array => {
  if (/^[0-9a-f]{64}\n?$/i.test(text)) return Buffer.from(text.slice(0, 64), 'hex')
  throw new Error(`${path} must hold the key-encryption key as 64 hexadecimal digits and nothing else`)
}

const durably = (descriptor: number, write: (descriptor: number) => void): void => {
  try {
    write(descriptor)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? ''

/** What to try, by errno. */
const ADVICE: Readonly<Record<string, string>> = {
  EEXIST: 'there is one already, and the meter keys sealed with it would be lost',
  ENOENT: 'make its directory first',
  EACCES: 'use sudo, or the user that runs the daemon',
}

const advice = (cause: unknown): string => ADVICE[codeOf(cause)] ?? (cause as Error).message
