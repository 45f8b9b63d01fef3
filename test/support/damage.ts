/** Ways in which a disk spoils the files of a store that is not open. Seeded: `random` gives 0 ≤ x < 1. */
import { closeSync, existsSync, fstatSync, openSync, readSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const PAGE = 4096
const SECTOR = 512

/** Overwrites a part of a file by what `change` makes of it. */
const patch = (path: string, at: number, length: number, change: (bytes: Buffer) => void): void => {
  const file = openSync(path, 'r+')
  try {
    const bytes = Buffer.alloc(Math.min(length, fstatSync(file).size - at))
    readSync(file, bytes, 0, bytes.length, at)
    change(bytes)
    writeSync(file, bytes, 0, bytes.length, at)
  } finally {
    closeSync(file)
  }
}

const below = (n: number, random: () => number): number => Math.floor(random() * n)
const noise = (bytes: Buffer, random: () => number): void => void bytes.set(bytes.map(() => below(256, random)))

type Spoil = (database: string, random: () => number) => void

/** A page anywhere in the file; `change` spoils it. */
const anyPage =
  (change: (page: Buffer, random: () => number) => void): Spoil =>
  (database, random) =>
    patch(database, below(Math.floor(statSync(database).size / PAGE), random) * PAGE, PAGE, (page) => change(page, random))

export const DAMAGES = {
  'bit flip': (database, random) =>
    patch(database, below(statSync(database).size, random), 1, (byte) => {
      byte[0]! ^= 1 << below(8, random)
    }),
  'zero page': anyPage((page) => page.fill(0)),
  'garbage page': anyPage(noise),
  'torn 512 B': anyPage((page, random) => {
    const at = below(PAGE / SECTOR, random) * SECTOR
    noise(page.subarray(at, at + SECTOR), random)
  }),
  'zero header': (database) => patch(database, 0, 100, (header) => header.fill(0)),
  'truncated WAL': (database, random) => {
    const wal = `${database}-wal`
    if (existsSync(wal)) truncateSync(wal, below(statSync(wal).size, random))
  },
  'missing shm': (database) => rmSync(`${database}-shm`, { force: true }),
} as const satisfies Readonly<Record<string, Spoil>>

export type Damage = keyof typeof DAMAGES

/** Spoils the database in a state directory. */
export const damage = (directory: string, kind: Damage, random: () => number): void => DAMAGES[kind](join(directory, 'varmesky.db'), random)

/** A seeded generator of 0 ≤ x < 1 (mulberry32). */
export const seeded = (seed: number): (() => number) => {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = Math.imul(a ^ (a >>> 15), a | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
