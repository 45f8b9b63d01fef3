import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Sqlite } from '../src/store/disk/sqlite.ts'
import { startBroker } from './broker.ts'
import { comesTrue, type Daemon, prepareDaemon, worldTime } from './process.ts'
import { atMost, type Figure, type Ground, holds, type Row, timely } from './row.ts'

const READINGS = 300
const PER_SECOND = 300
const ALARM = /"level":"(?:warn|error)".*(?:disk|store|SQLITE_|read-only|database)/i

interface Scene {
  readonly daemon: Daemon
  readonly state: string
  /** The loop device of an ext4 image, or null where there is none. */
  readonly device: string | null
}

/** What happens to the state under the running daemon; `mend` makes it well again. */
interface Blow {
  readonly name: string
  strike(scene: Scene): void
  mend(scene: Scene): void
  /** Nobody can write to what is no longer there, but what was stored must be in the file kept aside. */
  readonly onDevice?: boolean
}

const db = (state: string): string => join(state, 'varmesky.db')

const BLOWS: readonly Blow[] = [
  {
    name: 'read-only after an error of the file system',
    onDevice: true,
    strike: ({ device }) => writeFileSync(`/sys/fs/ext4/${device}/trigger_fs_error`, '1'),
    mend: ({ state, device }) => {
      spawnSync('umount', ['-l', state])
      spawnSync('fsck.ext4', ['-fy', `/dev/${device}`])
      execFileSync('mount', ['-o', 'errors=remount-ro', `/dev/${device}`, state])
    },
  },
  { name: 'renamed', strike: ({ state }) => renameSync(db(state), `${db(state)}.away`), mend: () => {} },
  {
    name: 'unlinked',
    strike: ({ state }) => {
      for (const name of readdirSync(state))
        if (name.startsWith('varmesky.db')) copyFileSync(join(state, name), join(state, `copy-${name}`))
      unlinkSync(db(state))
    },
    mend: () => {},
  },
]

export const T9: Row = {
  id: 'T9',
  title: 'the disk turns read-only, the database is renamed or unlinked under the running daemon',
  limit: 'no crash loop (never ends), alarm ≤ 60 s, RAM ≤ 10,000 readings, what was stored arrives or stays on disk',
  mutation: { file: 'store/outbox/committer.js', find: 'refused = true;', put: 'process.exit(1);' },
  async run(ground) {
    const figures: Figure[] = []
    for (const blow of BLOWS) figures.push(...(await strike(ground, blow)))
    return figures
  },
}

const strike = async ({ build, directory: base, later }: Ground, blow: Blow): Promise<readonly Figure[]> => {
  const directory = join(base, String(BLOWS.indexOf(blow)))
  const state = join(directory, 'state')
  mkdirSync(state, { recursive: true })
  const device = blow.onDevice ? mountImage(directory, state, later) : null
  if (blow.onDevice && device === null) return [{ says: `${blow.name}: not run, no loop device with ext4 here`, kept: true }]
  const broker = await startBroker()
  later(() => broker.down())
  const daemon = prepareDaemon({ build, directory, state, broker: broker.port, time: worldTime(Date.UTC(2026, 9, 20, 12)) })
  later(() => daemon.kill())
  daemon.start()
  await daemon.ready()
  const scene = { daemon, state, device }
  daemon.order({ order: 'produce', from: 0, count: READINGS, perSecond: PER_SECOND, day: '2026-10-19' })
  await comesTrue(20_000, () => daemon.journal().size >= READINGS)
  const before = daemon.journal()
  const logged = daemon.log().length
  blow.strike(scene)
  const struckMs = Date.now()
  daemon.order({ order: 'produce', from: READINGS, count: READINGS, perSecond: PER_SECOND, day: '2026-10-19' })
  const alarmed = await comesTrue(60_000, () => ALARM.test(daemon.log().slice(logged)) || !daemon.isAlive())
  const alarmS = alarmed ? (Date.now() - struckMs) / 1_000 : Number.POSITIVE_INFINITY
  // All of the second half is stored, or refused, by then.
  await comesTrue(3_000, () => !daemon.isAlive())
  const alive = daemon.isAlive()
  // Killed and started again, as a watchdog or a person would: then it must run, with what is there.
  await daemon.kill()
  blow.mend(scene)
  daemon.start()
  const again = await daemon.ready().then(
    () => true,
    () => false,
  )
  const journal = daemon.journal()
  await comesTrue(20_000, () => broker.ledger.lost(journal).length === 0)
  const lost = broker.ledger.lost(before).filter((line) => !isOnDisk(state, line.split(' ')[1]!)).length
  await daemon.kill()
  return [
    holds(`${blow.name}: alive`, alive),
    timely('alarm after', alarmS, 60),
    holds('starts again', again),
    atMost('stored before and nowhere now', lost, 0),
    atMost('stored after and lost', broker.ledger.lost(journal).filter((line) => !before.has(line)).length, 0),
  ]
}

/** In any database left there. */
const isOnDisk = (state: string, id: string): boolean =>
  readdirSync(state, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.db(?!-)/.test(name) && !/-(?:wal|shm)/.test(name))
    .some((name) => {
      const found = new Sqlite(join(state, name), { readonly: true })
      try {
        return found.prepare('SELECT 1 FROM outbox WHERE id = ?').get(id) !== undefined
      } catch {
        return false
      } finally {
        found.close()
      }
    })

const mountImage = (directory: string, state: string, later: Ground['later']): string | null => {
  const image = join(directory, 'image')
  execFileSync('truncate', ['-s', '64M', image])
  if (spawnSync('mkfs.ext4', ['-q', '-F', image]).status !== 0) return null
  const { status, stdout } = spawnSync('losetup', ['-f', '--show', image], { encoding: 'utf8' })
  if (status !== 0) return null
  const path = stdout.trim()
  later(() => void spawnSync('losetup', ['-d', path]))
  if (spawnSync('mount', ['-o', 'errors=remount-ro', path, state]).status !== 0) return null
  later(() => void spawnSync('umount', ['-l', state]))
  const device = path.slice('/dev/'.length)
  return existsSync(`/sys/fs/ext4/${device}/trigger_fs_error`) ? device : null
}
