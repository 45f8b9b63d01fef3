import type { Clock } from '../../clock.ts'
import type { Database } from '../disk/database.ts'
import { createListeners } from '../listeners.ts'
import type { Meter, MeterEntry, Meters } from '../store.ts'
import { aliasProblem } from './aliases.ts'
import type { Audit } from './audit.ts'
import { auditedChanges } from './changes.ts'
import { meterReader, meterWriter } from './rows.ts'
import { keyCheck } from './sealed-key.ts'

interface Reloading {
  /** Reads the meters anew, of another file, and tells those that differ. */
  reload(): void
}

/**
 * The meters, read once and from then on kept current in RAM. Their keys stay sealed on disk until they are asked for: each
 * is needed once in a run, by whoever keeps its schedule. Throws if keys are sealed with another key-encryption key.
 */
export const createMeters = (db: Database, kek: Uint8Array | null, clock: Clock, audit: Audit): Meters & Reloading => {
  const reader = meterReader(db, kek)
  const writer = meterWriter(db, kek)
  reader.checkKek()
  const meters = reader.meters()
  const changed = createListeners<string>()

  const write = db.transaction((entries: readonly MeterEntry[]) => {
    const written = new Map<string, Meter>()
    for (const entry of entries) {
      const before = written.get(entry.meter) ?? meters.get(entry.meter)
      checkKeys(entry, before)
      const meter = updated(entry, before, clock)
      writer.put(meter, entry)
      for (const [what, facts] of auditedChanges(before, meter, entry)) audit.note(what, meter.meter, facts)
      written.set(entry.meter, meter)
    }
    return written
  })
  const erase = db.transaction((meter: string): boolean => {
    const removed = writer.remove(meter)
    if (removed) audit.note('meter.removed', meter, {})
    return removed
  })
  const moveUp = db.transaction(({ meter, keyCheck, nextKeyCheck }: Meter) => {
    writer.promote(meter)
    audit.note('key.promoted', meter, { keyCheck: nextKeyCheck, before: keyCheck })
  })

  return {
    list: () => [...meters.values()],
    get: (meter) => meters.get(meter),
    keyOf: (meter) => reader.keyOf(meter, 'current'),
    nextKeyOf: (meter) => reader.keyOf(meter, 'next'),
    promote(name) {
      const meter = meters.get(name)
      if (meter === undefined || meter.nextKeyCheck === null) return false
      moveUp(meter)
      meters.set(name, { ...meter, keyCheck: meter.nextKeyCheck, nextKeyCheck: null })
      changed.tell(name)
      return true
    },
    put(entries) {
      const problem = aliasProblem([...meters.values()], entries)
      if (problem !== undefined) throw new Error(problem)
      const written = write(entries)
      for (const [name, meter] of written) meters.set(name, meter)
      for (const meter of written.keys()) changed.tell(meter)
    },
    remove(meter) {
      if (!erase(meter)) return false
      meters.delete(meter)
      changed.tell(meter)
      return true
    },
    onChange: changed.add,
    reload() {
      const before = new Map(meters)
      const after = reader.meters()
      meters.clear()
      for (const [name, meter] of after) meters.set(name, meter)
      for (const name of new Set([...before.keys(), ...meters.keys()]))
        if (JSON.stringify(before.get(name)) !== JSON.stringify(meters.get(name))) changed.tell(name)
    },
  }
}

/** The meter with the entry applied: what an entry leaves undefined stays. */
const updated = (entry: MeterEntry, before: Meter | undefined, clock: Clock): Meter => ({
  meter: entry.meter,
  label: entry.label === undefined ? (before?.label ?? null) : entry.label,
  installation: entry.installation === undefined ? (before?.installation ?? null) : entry.installation,
  aliases: entry.aliases ?? before?.aliases ?? NO_NAMES,
  wired: entry.wired ?? before?.wired ?? NO_NAMES,
  retiredAt: retiredAt(entry, before, clock),
  replacedBy: entry.replacedBy === undefined ? (before?.replacedBy ?? null) : entry.replacedBy,
  plain: entry.plain === undefined ? (before?.plain ?? null) : entry.plain,
  keyCheck: checkOf(entry.key, before?.keyCheck),
  nextKeyCheck: entry.key === null ? null : checkOf(entry.nextKey, before?.nextKeyCheck),
  addedAt: before === undefined ? timestamp(clock) : before.addedAt,
})

const checkOf = (key: Uint8Array | null | undefined, before: string | null = null): string | null =>
  key === undefined ? before : key && keyCheck(key)

const NO_NAMES: readonly string[] = []
/** Where the time is not known: long ago, so that no day expects the meter. */
const LONG_AGO = '1970-01-01T00:00:00.000Z'

const retiredAt = ({ retiredAt }: MeterEntry, before: Meter | undefined, clock: Clock): string | null => {
  if (retiredAt === 'now') return before?.retiredAt ?? timestamp(clock) ?? LONG_AGO
  return retiredAt === undefined ? (before?.retiredAt ?? null) : retiredAt
}

const checkKeys = ({ meter, key, nextKey }: MeterEntry, before: Meter | undefined): void => {
  for (const given of [key, nextKey])
    if (given && given.length !== 16) throw new Error(`The key of ${meter} must be 16 bytes (AES-128), not ${given.length}`)
  if (nextKey && !(key ?? before?.keyCheck)) throw new Error(`${meter} has no key yet: what it gets is its key, not its next one`)
}

const timestamp = (clock: Clock): string | null => {
  const utcMs = clock.utcMs()
  return utcMs === null ? null : new Date(utcMs).toISOString()
}
