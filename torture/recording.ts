/** What `rec.c` saw, and the disks that a power cut could have left at any moment of it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Dice } from './dice.ts'

export interface Event {
  readonly op: string
  readonly file: number
  readonly offset: number
  readonly data: Buffer
}

export const readRecording = (path: string): readonly Event[] => {
  const log = readFileSync(path)
  const events: Event[] = []
  for (let at = 0; at < log.length; ) {
    const op = String.fromCharCode(log[at]!)
    const length = log.readUInt32LE(at + 11)
    const hasData = op === 'N' || op === 'W'
    const data = log.subarray(at + 15, at + 15 + (hasData ? length : 0))
    events.push({ op, file: log.readUInt16LE(at + 1), offset: Number(log.readBigUInt64LE(at + 3)), data })
    at += 15 + data.length
  }
  return events
}

/** How much of what was not synced survives: chance for every sector, nothing, or all up to a moment. */
export const SURVIVALS = ['sectors', 'nothing', 'prefix'] as const
export type Survival = (typeof SURVIVALS)[number]

const SECTOR = 512

type Change = { readonly at: number; readonly data: Buffer } | { readonly size: number }

/** A file as the disk has it for certain, and what was done to it since. */
interface OnDisk {
  bytes: Buffer
  exists: boolean
  /** Its name, or the lack of it, is certain. */
  named: boolean
  pending: Change[]
}

/** Plays a recording; `state` may be asked for at any moment, `given` for a file's size as the program saw it. */
export interface Disk {
  play(event: Event): void
  /** Writes the files of the directory as one possible crash leaves them. */
  state(directory: string, skip: string, survival: Survival, random: Dice): void
  written(path: string): number
}

export const openDisk = (): Disk => {
  const names = new Map<number, string>()
  const disk = new Map<string, OnDisk>()
  const written = new Map<string, number>()
  const fileOf = (event: Event): OnDisk => {
    const name = names.get(event.file)!
    const known = disk.get(name) ?? { bytes: Buffer.alloc(0), exists: false, named: false, pending: [] }
    disk.set(name, known)
    return known
  }
  const plays: Readonly<Record<string, (event: Event) => void>> = {
    N: ({ file, data }) => void names.set(file, data.toString()),
    O: (event) => {
      const file = fileOf(event)
      file.exists = true
      if (event.offset === 1) file.pending.push({ size: 0 })
    },
    W: (event) => {
      fileOf(event).pending.push(...sectors(event))
      const name = names.get(event.file)!
      written.set(name, Math.max(written.get(name) ?? 0, event.offset + event.data.length))
    },
    T: (event) => void fileOf(event).pending.push({ size: event.offset }),
    S: (event) => {
      const file = fileOf(event)
      file.bytes = apply(file.bytes, file.pending)
      file.pending = []
      file.named = true
      // A directory, or a file whose directory entry goes with it, as on ext4.
      const directory = `${names.get(event.file)!}/`
      for (const [name, other] of disk) if (name.startsWith(directory)) other.named = true
    },
    // The journals of file systems keep these in order: what came after never survives them.
    U: (event) => void disk.delete(names.get(event.file)!),
    R: (event) => {
      disk.set(names.get(event.offset)!, fileOf(event))
      disk.delete(names.get(event.file)!)
    },
  }
  return {
    play: (event) => plays[event.op]!(event),
    written: (path) => written.get(path) ?? 0,
    state(directory, skip, survival, random) {
      mkdirSync(directory, { recursive: true })
      for (const [name, { bytes, exists, named, pending }] of disk) {
        if (!exists || name === skip || (!named && survival !== 'prefix' && random.chance(0.5))) continue
        writeFileSync(join(directory, basename(name)), apply(bytes, surviving(pending, survival, random)))
      }
    },
  }
}

const surviving = (pending: readonly Change[], survival: Survival, random: Dice): readonly Change[] => {
  if (survival === 'nothing') return []
  if (survival === 'prefix') return pending.slice(0, random.below(pending.length + 1))
  return pending.filter(() => random.chance(0.5))
}

/** A write, cut where sectors end. */
const sectors = ({ offset, data }: Event): readonly Change[] => {
  const parts: Change[] = []
  for (let from = 0; from < data.length; ) {
    const to = Math.min(data.length, from + SECTOR - ((offset + from) % SECTOR))
    parts.push({ at: offset + from, data: data.subarray(from, to) })
    from = to
  }
  return parts
}

const apply = (bytes: Buffer, changes: readonly Change[]): Buffer => {
  let size = bytes.length
  let most = size
  for (const change of changes) most = Math.max(most, 'size' in change ? change.size : change.at + change.data.length)
  const result = Buffer.alloc(most)
  bytes.copy(result)
  for (const change of changes) {
    if ('size' in change) {
      result.fill(0, change.size)
      size = change.size
    } else {
      change.data.copy(result, change.at)
      size = Math.max(size, change.at + change.data.length)
    }
  }
  return result.subarray(0, size)
}
