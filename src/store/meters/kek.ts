import { randomBytes } from 'node:crypto'
import { fchownSync, linkSync, openSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { syncDirectory, synced } from '../disk/state-directory.ts'
import { kekId } from './sealed-key.ts'

/** Where the key-encryption key lies if nothing else is said. */
export const DEFAULT_KEK = '/etc/varmesky/kek'

/**
 * The key-encryption key, 32 bytes: from the configured file, else the systemd credential `kek`, else /etc/varmesky/kek; null
 * where there is none. Throws if it cannot be read, is not 64 hex digits, or lies in a file that others can read. Of two, in a file
 * that is between one and the next (`kek-rotation.ts`), the one that meter keys are sealed with (`kekId`), or the new one.
 */
export const loadKek = (
  configuredFile?: string,
  credentialsDirectory = process.env['CREDENTIALS_DIRECTORY'],
  sealedWith: () => string | null = () => null,
): Uint8Array | null => {
  const keks = load(configuredFile, credentialsDirectory)
  if (keks === null) return null
  const [first, second] = keks
  return second !== undefined && sealedWith() === kekId(second) ? second : first
}

type Keks = readonly [present: Uint8Array, old?: Uint8Array]

const load = (configuredFile: string | undefined, credentialsDirectory: string | undefined): Keks | null => {
  if (configuredFile === undefined && credentialsDirectory !== undefined) {
    // Its mode tells nothing: systemd guards its credentials itself, in some versions by an access list.
    const credential = read(join(credentialsDirectory, 'kek'))
    if (credential !== null) return parse(credential)
  }
  return keksOf(read(configuredFile ?? DEFAULT_KEK))
}

/** One, or the new one and the old one. Throws as `loadKek` does, and where there is no file. */
export const keksIn = (path: string): Keks => {
  const keks = keksOf(read(path))
  if (keks === null) throw new Error(`There is no key-encryption key in ${path}`)
  return keks
}

const keksOf = (file: KekFile | null): Keks | null => {
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
    synced(openSync(next, 'w', 0o600), (file) => writeFileSync(file, `${Buffer.from(kek).toString('hex')}\n`))
    try {
      linkSync(next, path)
    } finally {
      unlinkSync(next)
    }
    // The name in its directory as well: without the KEK every key sealed with it is lost.
    syncDirectory(dirname(path))
  } catch (cause) {
    throw new Error(`Cannot make a key-encryption key in ${path}: ${advice(cause)}`, { cause })
  }
}

/** Puts keys into a file that is there, whole or not at all; its owner stays. */
export const replaceKekFile = (path: string, keks: readonly Uint8Array[]): void => {
  const next = `${path}.new`
  const { uid, gid } = statSync(path)
  synced(openSync(next, 'w', 0o600), (file) => {
    fchownSync(file, uid, gid)
    writeFileSync(file, keks.map((kek) => `${Buffer.from(kek).toString('hex')}\n`).join(''))
  })
  renameSync(next, path)
  syncDirectory(dirname(path))
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

const parse = ({ path, text }: KekFile): Keks => {
  const [, first, second] = /^([0-9a-f]{64})(?:\n([0-9a-f]{64}))?\n?$/i.exec(text) ?? []
  if (first !== undefined) return second === undefined ? [bytesOf(first)] : [bytesOf(first), bytesOf(second)]
  throw new Error(`${path} must hold the key-encryption key as 64 hexadecimal digits and nothing else`)
}

const bytesOf = (hex: string): Uint8Array => Buffer.from(hex, 'hex')

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? ''

/** What to try, by errno. */
const ADVICE: Readonly<Record<string, string>> = {
  EEXIST: 'there is one already, and the meter keys sealed with it would be lost',
  ENOENT: 'make its directory first',
  EACCES: 'use sudo, or the user that runs the daemon',
}

const advice = (cause: unknown): string => ADVICE[codeOf(cause)] ?? (cause as Error).message
