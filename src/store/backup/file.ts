/**
 * A backup is one uncompressed tar file (POSIX.1-2001), so that any system opens it and `sha256sum -c SHA256SUMS` checks it:
 * what it is, the database, the configuration, the key-encryption key under its passphrase, and the checksums at the end, where a
 * file that was cut off has none.
 */
import { createHash, type Hash } from 'node:crypto'
import { createReadStream, createWriteStream, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { create, list, type ReadEntry } from 'tar'
import type { Escrow } from './escrow.ts'

export const PARTS = { manifest: 'manifest.json', database: 'varmesky.db', config: 'varmesky.yaml', escrow: 'kek.json' } as const
const SUMS = 'SHA256SUMS'
const FORMAT = 'varmesky-backup'
const VERSION = 1
/** The library reads 16 MB at a time, several of them in RAM at once: too much for a small box. */
const PIECE = { maxReadSize: 262_144 } as const

/** What a backup is of. */
export interface Manifest {
  readonly gateway: string
  /** Of the program that made it. */
  readonly program: string
  /** RFC 3339 UTC; null if the wall clock was not known to be right. */
  readonly madeAt: string | null
  /** Steps of the database's schema. */
  readonly schema: number
  /** Which key-encryption key seals the meter keys (`kekId`); null where there are none. */
  readonly kek: string | null
  readonly meters: number
  readonly keys: number
  readonly messages: number
}

/** A backup whose checksums are right. */
export interface Backup {
  readonly file: string
  readonly manifest: Manifest
  /** The configuration file, as it was. */
  readonly config: string | null
  readonly escrow: Escrow | null
  readonly databaseSum: string
}

/** Writes the parts that are there beside the database in `work`, and all of them into the tar file `work/name`. */
export const packBackup = async (work: string, name: string, manifest: Manifest, config: string, escrow: Escrow | null) => {
  const texts: readonly (readonly [name: string, text: string | null])[] = [
    [PARTS.manifest, json({ format: FORMAT, version: VERSION, ...manifest })],
    [PARTS.escrow, escrow && json(escrow)],
    [PARTS.config, config],
  ]
  const written = texts.filter(([, text]) => text !== null)
  for (const [part, text] of written) writeFileSync(join(work, part), text!, { mode: 0o600 })
  const parts = [PARTS.manifest, PARTS.database, ...written.slice(1).map(([part]) => part)]
  const sums: string[] = []
  for (const part of parts) sums.push(`${await sumOfFile(join(work, part))}  ${part}\n`)
  writeFileSync(join(work, SUMS), sums.join(''), { mode: 0o600 })
  const pack = create({ ...PIECE, cwd: work, portable: true, strict: true }, [...parts, SUMS])
  await writeNew(pack, join(work, name))
}

/** Reads a backup from end to end. Rejects with an error that says what is wrong with it. */
export const readBackup = async (file: string): Promise<Backup> => {
  const { sums, texts } = await readParts(file)
  const wanted = sumsIn(texts.get(SUMS))
  const wrong = [...new Set([...wanted.keys(), ...sums.keys()])].filter((part) => part !== SUMS && wanted.get(part) !== sums.get(part))
  const databaseSum = sums.get(PARTS.database)
  if (wrong.length > 0) throw damaged(file, `${wrong.join(', ')} ${wrong.length === 1 ? 'is' : 'are'} not what was written`)
  if (databaseSum === undefined || !sums.has(PARTS.manifest)) throw damaged(file, 'it is not whole, or no backup')
  const { format, version, ...manifest } = parsed(file, texts.get(PARTS.manifest)) as Manifest & { format?: string; version?: number }
  if (format !== FORMAT) throw damaged(file, 'it is no backup of Varmesky')
  if (version !== VERSION) throw new Error(`${file} is of a newer Varmesky (${manifest.program}): install that one to read it`)
  const escrow = texts.get(PARTS.escrow)
  return {
    file,
    manifest,
    config: texts.get(PARTS.config) ?? null,
    escrow: escrow === undefined ? null : (parsed(file, escrow) as Escrow),
    databaseSum,
  }
}

/** Puts the database of a backup into a directory, where it is held against its checksum once more. */
export const unpackDatabase = async ({ file, databaseSum }: Backup, directory: string): Promise<void> => {
  const path = join(directory, PARTS.database)
  const source = createReadStream(file, { highWaterMark: PIECE.maxReadSize })
  try {
    await new Promise<void>((resolve, reject) => {
      let isFound = false
      const onReadEntry = (entry: ReadEntry): void => {
        if (entry.path !== PARTS.database) entry.resume()
        else writeNew(entry, path).then(resolve, reject)
        isFound ||= entry.path === PARTS.database
      }
      const parser = list({ strict: true, noResume: true, onReadEntry })
      source.on('error', reject)
      parser.on('error', reject)
      parser.on('end', () => isFound || reject(damaged(file, CHANGED)))
      source.pipe(parser)
    })
  } finally {
    source.destroy()
  }
  if ((await sumOfFile(path)) !== databaseSum) throw damaged(file, CHANGED)
}

const CHANGED = 'it changed while it was read'

/** With Node's own stream: the tar library's takes a write that a full disk has cut short for a whole one. */
const writeNew = (content: AsyncIterable<Uint8Array>, path: string): Promise<void> =>
  pipeline(Readable.from(content), createWriteStream(path, { flags: 'wx', mode: 0o600 }))

/** A person's file may be long; a database is not kept in RAM. */
const MOST_TEXT = 1_000_000

const readParts = async (file: string) => {
  const sums = new Map<string, string>()
  const texts = new Map<string, string>()
  const onReadEntry = (entry: ReadEntry): void => {
    const hash = createHash('sha256')
    const chunks: Buffer[] = []
    entry.on('data', (chunk) => {
      hash.update(chunk)
      if (entry.path !== PARTS.database && entry.size <= MOST_TEXT) chunks.push(chunk)
    })
    entry.on('end', () => {
      sums.set(entry.path, hash.digest('hex'))
      if (entry.path !== PARTS.database) texts.set(entry.path, Buffer.concat(chunks).toString('utf8'))
    })
  }
  try {
    await list({ ...PIECE, file, strict: true, onReadEntry })
  } catch (cause) {
    if (isOfTheSystem(cause)) throw new Error(`Cannot read ${file}: ${(cause as Error).message}`, { cause })
    throw damaged(file, 'it is no tar file, or not whole')
  }
  return { sums, texts }
}

/** As opposed to one of the tar library's own. */
const isOfTheSystem = (error: unknown): boolean => (error as NodeJS.ErrnoException).syscall !== undefined

/** Checksums by part, of lines as `sha256sum` writes them; another line stands for a part that is nowhere. */
const sumsIn = (text = ''): ReadonlyMap<string, string> =>
  new Map(
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [, sum = '', part = SUMS_PART] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? []
        return [part, sum]
      }),
  )

const SUMS_PART = 'a line of SHA256SUMS'

const parsed = (file: string, text = ''): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw damaged(file, 'a part of it is not what was written')
  }
}

const damaged = (file: string, what: string): Error =>
  new Error(`${file} cannot be used: ${what}. Take another copy of it, or an older backup.`)

const sumOfFile = async (path: string): Promise<string> => {
  const hash: Hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`
