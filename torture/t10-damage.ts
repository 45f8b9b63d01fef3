import { cpSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Sqlite } from '../src/store/disk/sqlite.ts'
import { startBroker } from './broker.ts'
import { type Status, statusComes } from './control.ts'
import { type Dice, dice } from './dice.ts'
import { type Daemon, prepareDaemon, stockUp, worldTime } from './process.ts'
import { atMost, type Ground, note, type Row, type Scale, timely } from './row.ts'

const TRIALS: Readonly<Record<Scale, number>> = { short: 1, usual: 5, full: 60 }
const READINGS = 400
const METERS = Array.from({ length: 20 }, (_, n) => `KAM-${20_000_000 + n}`)
const NOON = Date.UTC(2026, 9, 20, 12)
const PAGE = 4_096
/** A page holds no more readings than that. */
const ON_A_PAGE = 8

type Damage = (bytes: Buffer, random: Dice) => void

const inPage = (bytes: Buffer, random: Dice): number => PAGE * random.below(bytes.length / PAGE)
const garbage = (bytes: Buffer, random: Dice): void => {
  for (let at = 0; at < bytes.length; at++) bytes[at] = random.below(256)
}

const DAMAGES: Readonly<Record<string, Damage>> = {
  'bit flip': (bytes, random) => {
    const at = random.below(bytes.length)
    bytes[at] = bytes[at]! ^ (1 << random.below(8))
  },
  'zeroed page': (bytes, random) => void bytes.fill(0, ...span(inPage(bytes, random), PAGE)),
  'garbage page': (bytes, random) => garbage(bytes.subarray(...span(inPage(bytes, random), PAGE)), random),
  'torn sector': (bytes, random) => garbage(bytes.subarray(...span(512 * random.below(bytes.length / 512), 512)), random),
  'zeroed header': (bytes) => void bytes.fill(0, 0, 100),
}
/** Damage to what lies beside the database. */
const KINDS = [...Object.keys(DAMAGES), 'cut WAL', 'no shm'] as const

const span = (from: number, length: number): [number, number] => [from, from + length]

interface Tally {
  failed: number
  forged: number
  keyless: number
  delivered: number
  mostLost: number
  asideMissing: number
  slowestMs: number
  why: string
}

export const T10: Row = {
  id: 'T10',
  title: `database damaged while the daemon was down: ${KINDS.join(', ')}`,
  limit: 'starts unattended ≤ 60 s, 0 damaged readings sent, unreadable file kept aside, keys there',
  mutation: { file: 'store/outbox/row.js', find: 'checksum(row, row.storedAt).equals(row.checksum)', put: 'true' },
  async run(ground) {
    const tally: Tally = { failed: 0, forged: 0, keyless: 0, delivered: 0, mostLost: 0, asideMissing: 0, slowestMs: 0, why: '' }
    const random = dice(ground.seed)
    stockUp(ground.build, stockIn(ground), { meters: METERS, days: [{ day: '2026-10-18', utcMs: NOON, from: 0, count: READINGS }] })
    for (const kind of KINDS) for (let n = 0; n < TRIALS[ground.scale]; n++) await trial(ground, kind, n, random, tally)
    // A flip in a million others meets no reading: this one does.
    for (let n = 0; n < TRIALS[ground.scale]; n++) await trial(ground, 'flip in a reading', n, random, tally)
    const trials = (KINDS.length + 1) * TRIALS[ground.scale]
    return [
      note(`${trials} files, ${((100 * tally.delivered) / (trials * READINGS)).toFixed(1)} % of their readings delivered`),
      atMost('not started', tally.failed, 0),
      ...(tally.why ? [note(`first: ${tally.why}`)] : []),
      timely('slowest start', tally.slowestMs / 1_000, 60),
      atMost('most lost of a file', tally.mostLost, ON_A_PAGE),
      atMost('damaged readings sent', tally.forged, 0),
      atMost('unreadable and not kept aside', tally.asideMissing, 0),
      atMost('keys lost', tally.keyless, 0),
    ]
  },
}

const stockIn = ({ directory }: Ground): string => join(directory, 'stock')

const trial = async (ground: Ground, kind: string, n: number, random: Dice, tally: Tally): Promise<void> => {
  const { build } = ground
  const directory = join(ground.directory, `${KINDS.indexOf(kind as (typeof KINDS)[number])}-${n}`)
  cpSync(stockIn(ground), directory, { recursive: true })
  const broker = await startBroker()
  const daemon = prepareDaemon({ build, directory, broker: broker.port, time: worldTime(NOON + 86_400_000) })
  const original = bodiesOf(daemon.state)
  const path = join(daemon.state, 'varmesky.db')
  damage(path, kind, random)
  const wasReadable = isReadable(path)
  const startedMs = Date.now()
  const started = await startLikeTheUnit(daemon, startedMs + 60_000)
  if (started) {
    tally.slowestMs = Math.max(tally.slowestMs, Date.now() - startedMs)
    await isThrough(daemon)
    tally.keyless += await daemon.keyless(METERS)
    tally.delivered += broker.ledger.size()
    tally.mostLost = Math.max(tally.mostLost, READINGS - broker.ledger.size())
    for (const { id } of original)
      if (broker.ledger.body(id) !== undefined && broker.ledger.body(id) !== bodyOf(original, id)) tally.forged++
    const known = new Set(original.map(({ id }) => id))
    tally.forged += broker.ledger.ids().filter((id) => !known.has(id)).length
    if (!wasReadable && !readdirSync(daemon.state).some((name) => /\.(?:corrupt|salvaged)-/.test(name))) {
      tally.asideMissing++
      tally.why ||= `${kind}: not put aside`
    }
  } else {
    tally.failed++
    tally.why ||= `${kind}: ${
      daemon
        .log()
        .split('\n')
        .find((line) => /Error/.test(line)) ?? 'no word'
    }`
  }
  await daemon.kill()
  await broker.down()
  rmSync(directory, { recursive: true })
}

/** What can be read of a file put aside has been read, and every message has had its turn. */
const isThrough = async (daemon: Daemon): Promise<void> => {
  const through = ({ store, sinks }: Status): boolean =>
    store.salvage === null && sinks.every(({ connected, live, backlog }) => connected && live + backlog === 0)
  await statusComes(daemon.socket, 60_000, through)
}

/** Restart=always. */
const startLikeTheUnit = async (daemon: Daemon, untilMs: number): Promise<boolean> => {
  while (Date.now() < untilMs) {
    daemon.start()
    const runs = await daemon.ready().then(
      () => true,
      () => false,
    )
    if (runs) return true
    await sleep(1_000)
  }
  return false
}

interface Kept {
  readonly id: string
  readonly body: string
}

const bodyOf = (kept: readonly Kept[], id: string): string | undefined => kept.find((row) => row.id === id)?.body

const bodiesOf = (state: string): readonly Kept[] => {
  const db = new Sqlite(join(state, 'varmesky.db'), { readonly: true })
  const rows = db.prepare<[], Kept>("SELECT id, body FROM outbox WHERE kind = 'reading.daily'").all()
  db.close()
  return rows
}

const damage = (path: string, kind: string, random: Dice): void => {
  if (kind === 'no shm') {
    rmSync(`${path}-shm`, { force: true })
    return
  }
  if (kind === 'cut WAL') {
    // The stocker empties its WAL: this one holds what a daemon has not yet moved.
    const db = new Sqlite(path)
    db.pragma('wal_autocheckpoint = 0')
    db.exec("INSERT INTO memory VALUES ('torture', 'x', hex(randomblob(20000)))")
    const wal = readFileSync(`${path}-wal`)
    db.close()
    writeFileSync(`${path}-wal`, wal)
    truncateSync(`${path}-wal`, random.below(wal.length))
    return
  }
  const bytes = readFileSync(path)
  if (kind === 'flip in a reading') {
    const at = bytes.indexOf('"unit":"kWh"', random.below(bytes.length / 2))
    bytes[at - 4] = bytes[at - 4]! ^ 1
  } else DAMAGES[kind]!(bytes, random)
  writeFileSync(path, bytes)
}

/** Whether SQLite can still make sense of it. */
const isReadable = (path: string): boolean => {
  if (!existsSync(path)) return false
  const db = new Sqlite(path, { readonly: true })
  try {
    return db.pragma('quick_check', { simple: true }) === 'ok'
  } catch {
    return false
  } finally {
    db.close()
  }
}
