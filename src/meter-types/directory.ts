/** The meter types that a utility keeps as JSON files in a directory of its own. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { claimText, overlap } from '../decoders/claims.ts'
import type { Decoder } from '../decoders/decoder.ts'
import { generic, genericHeat } from '../decoders/generic.ts'
import { DECODERS, type Registry, registryWith } from '../decoders/index.ts'
import { parseMeterType } from './meter-type.ts'

export interface OwnType {
  readonly file: string
  readonly decoder: Decoder
}

export interface OwnTypes {
  readonly types: readonly OwnType[]
  /** One line each: `file: field: reason`. */
  readonly problems: readonly string[]
}

/** All types of the directory, and everything that is wrong in it. Without a directory there are none. */
export function readMeterTypes(directory: string | undefined): OwnTypes {
  if (directory === undefined) return { types: [], problems: [] }
  const names = read(directory, () => readdirSync(directory))
  if ('problem' in names) return { types: [], problems: [`meters.types: ${names.problem}`] }
  const files = names.content.filter((name) => name.endsWith('.json')).sort()
  return files.map((name) => readMeterType(join(directory, name))).reduce(added, { types: [], problems: [] })
}

/** One file by itself. */
export function readMeterType(file: string): OwnTypes {
  const text = read(file, () => readFileSync(file, 'utf8'))
  if ('problem' in text) return { types: [], problems: [text.problem] }
  const parsed = parseMeterType(text.content)
  if ('problems' in parsed) return { types: [], problems: parsed.problems.map((problem) => `${file}: ${problem}`) }
  const { decoder } = parsed
  const isTaken = [...DECODERS, generic, genericHeat].some(({ name }) => name === decoder.name)
  return isTaken
    ? {
        types: [],
        problems: [`${file}: name: "${decoder.name}" is a built-in type: every reading names its type, give yours another name`],
      }
    : { types: [{ file, decoder }], problems: [] }
}

/** Nobody can say which of two files is meant: a type that clashes with one before it is a problem. */
export function added(before: OwnTypes, more: OwnTypes): OwnTypes {
  const clashes = more.types.flatMap((type) => before.types.flatMap((other) => clashesOf(type, other)))
  return { types: [...before.types, ...more.types], problems: [...before.problems, ...more.problems, ...clashes] }
}

function clashesOf({ file, decoder }: OwnType, other: OwnType): string[] {
  const claims = decoder.meters.flatMap((match, i) => {
    const taken = other.decoder.meters.find((theirs) => overlap(match, theirs))
    return taken ? [`${file}: meters[${i}]: ${other.file} claims ${claimText(taken)}: no meter can be of two types`] : []
  })
  return decoder.name === other.decoder.name ? [`${file}: name: "${decoder.name}" is the name of ${other.file}, too`, ...claims] : claims
}

/** Every type there is, those of the directory first. Throws with all problems of the directory. */
export function meterRegistry(directory: string | undefined): Registry {
  const { types, problems } = readMeterTypes(directory)
  if (problems.length > 0) throw new Error(problems.join('\n'))
  return registryWith(types.map(({ decoder }) => decoder))
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'is not there',
  EACCES: 'this user may not read it',
  ENOTDIR: 'is no directory',
  EISDIR: 'is a directory',
}

function read<T>(path: string, content: () => T): { readonly content: T } | { readonly problem: string } {
  try {
    return { content: content() }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    return { problem: `${path}: ${REASONS[code] ?? `cannot be read (${code})`}` }
  }
}
