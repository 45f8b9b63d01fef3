import { isUtf8 } from 'node:buffer'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { noteProblem } from '../../control/meter-entry.ts'
import { isKem, openKem } from '../../key-files/kem.ts'
import type { KeyRow } from '../../key-files/key-row.ts'
import { isWmbusmeters, readWmbusmeters } from '../../key-files/wmbusmeters.ts'
import { failure } from '../failure.ts'
import { type MeterList, readBytes } from './import-file.ts'

const MOST_BYTES = 64 * 1024 * 1024
const NOTES = { label: 'name', installation: 'CustomerDeviceNumber' } as const

/** The meters of a key file as other programs write them, or null where it is none. What is sealed asks for its password. */
export const readKeyFile = async (file: string, bytes: Uint8Array, askPassword: () => Promise<string>): Promise<MeterList | null> => {
  if (isKem(bytes)) {
    if (bytes.length > MOST_BYTES) throw failure('failed', `${file} is larger than any key file: fetch it anew, in parts`)
    const kem = openKem(bytes)
    const rows = 'problem' in kem ? kem : kem.rows(kem.sealed ? await askPassword() : '')
    if ('problem' in rows) throw failure('failed', `${file} ${rows.problem}`)
    return listOf(rows)
  }
  const text = textOf(bytes)
  if (!isWmbusmeters(text)) return null
  const rows = readWmbusmeters(text, 'this file')
  if ('problem' in rows) throw failure('failed', `${file}: ${rows.problem}`)
  return listOf(rows)
}

export const isDirectory = (file: string): boolean => statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false

/** The meter files in `wmbusmeters.d`, or in the directory that has one. A file that means no single meter is named and left out. */
export const readMeterDirectory = (given: string): MeterList => {
  const inner = join(given, 'wmbusmeters.d')
  const directory = isDirectory(inner) ? inner : given
  const names = readdirSync(directory).sort()
  const rows: KeyRow[] = []
  const notRead: string[] = []
  for (const name of names.filter((name) => statSync(join(directory, name), { throwIfNoEntry: false })?.isFile())) {
    const text = textOf(readBytes(join(directory, name)))
    if (!isWmbusmeters(text)) continue
    const found = readWmbusmeters(text, name)
    if ('problem' in found) notRead.push(`${name} (${found.problem})`)
    else rows.push(...found)
  }
  if (rows.length === 0) throw failure('failed', `${directory} has no meter files: lines name=, id=, key=, as in wmbusmeters.d`)
  const list = listOf(rows)
  return { ...list, unused: [...list.unused, ...notRead] }
}

/**
 * What may not stand on the gateway as a label or an installation number (names, addresses, what looks like a CPR number) is
 * left out, and counted: nobody can mend a sealed file.
 */
const listOf = (found: readonly KeyRow[]): MeterList => {
  const left = { label: 0, installation: 0 }
  const note = (row: KeyRow, which: keyof typeof NOTES): string => {
    if (row[which] === '' || noteProblem(row[which]) === undefined) return row[which]
    left[which]++
    return ''
  }
  const rows = found.map((row, n) => ({
    line: n + 1,
    surplus: false,
    meter: row.meter,
    manufacturer: row.manufacturer,
    key: row.key,
    label: note(row, 'label'),
    installation: note(row, 'installation'),
    alias: '',
    wired: '',
  }))
  const unused = (['label', 'installation'] as const).filter((which) => left[which] > 0)
  return { rows, unused: unused.map((which) => `${NOTES[which]} (of ${left[which]})`), places: found.map(({ at }) => at) }
}

const textOf = (bytes: Uint8Array): string => (isUtf8(bytes) ? Buffer.from(bytes).toString('utf8') : '')
