import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { startBroker } from './broker.ts'
import { askStatus } from './control.ts'
import { comesTrue, prepareDaemon, worldTime } from './process.ts'
import { atLeast, atMost, holds, note, type Row, type Scale } from './row.ts'

const CYCLES: Readonly<Record<Scale, number>> = { short: 1, usual: 3, full: 3 }
const READINGS = 600
const PER_SECOND = 300
const ALARM = /"level":"(?:warn|error)".*(?:disk|SQLITE_FULL|full)/i

/** A file system of its own in memory; false where that is not allowed. */
const mountMemory = (directory: string, size: string): boolean => {
  mkdirSync(directory, { recursive: true })
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'none', directory]).status === 0
}

const unmount = (directory: string): void => void spawnSync('umount', ['-l', directory])

export const T8: Row = {
  id: 'T8',
  title: 'disk filled by others to the last byte and freed again, on 5 MB',
  limit: 'never ends, alarm ≤ 60 s, stored again ≤ 30 s after space, stored and lost 0, nothing given up',
  // What the disk refuses is forgotten.
  mutation: { file: 'store/outbox/committer.js', find: 'refused = true;', put: 'refused = true; drafts.forget(batch.length);' },
  async run({ build, directory, scale, later }) {
    const state = join(directory, 'small')
    if (!mountMemory(state, '5m')) return { notRun: 'may not mount a small file system here: run it as root' }
    later(() => unmount(state))
    const broker = await startBroker()
    later(() => broker.down())
    const daemon = prepareDaemon({ build, directory, state, broker: broker.port, time: worldTime(Date.UTC(2026, 9, 20, 12)) })
    later(() => daemon.kill())
    daemon.start()
    await daemon.ready()
    const stored = (): number => daemon.journal().size
    const alarmsS: number[] = []
    const resumesS: number[] = []
    let alive = true
    let refused = 0
    for (let cycle = 0; cycle < CYCLES[scale]; cycle++) {
      daemon.order({ order: 'produce', from: 2 * cycle * READINGS, count: READINGS, perSecond: PER_SECOND, day: '2026-10-19' })
      await comesTrue(20_000, () => stored() >= 2 * cycle * READINGS + READINGS)
      fill(state)
      const logged = daemon.log().length
      const fullMs = Date.now()
      daemon.order({ order: 'produce', from: (2 * cycle + 1) * READINGS, count: READINGS, perSecond: PER_SECOND, day: '2026-10-19' })
      // Pages that retention or a checkpoint left free take some readings even now: then there is nothing to tell.
      const isAllStored = (): boolean => stored() >= 2 * (cycle + 1) * READINGS
      // Of the same event one an hour is told; the status always says it.
      const isTold = (): boolean => (cycle === 0 ? ALARM.test(daemon.log().slice(logged)) : statusSays)
      let statusSays = false
      const asking = setInterval(() => {
        askStatus(daemon.socket).then(
          ({ store }) => (statusSays ||= store.state !== 'ok'),
          () => {},
        )
      }, 200)
      const alarmed = await comesTrue(60_000, () => isTold() || isAllStored() || !daemon.isAlive())
      clearInterval(asking)
      alarmsS.push(alarmed ? (Date.now() - fullMs) / 1_000 : Number.POSITIVE_INFINITY)
      await comesTrue(3_000, () => !daemon.isAlive())
      refused += isAllStored() ? 0 : 1
      alive &&= daemon.isAlive()
      rmSync(join(state, 'ballast'), { force: true })
      const freeMs = Date.now()
      await comesTrue(45_000, () => stored() >= 2 * (cycle + 1) * READINGS || !daemon.isAlive())
      resumesS.push(stored() >= 2 * (cycle + 1) * READINGS ? (Date.now() - freeMs) / 1_000 : Number.POSITIVE_INFINITY)
      if (!daemon.isAlive()) break
    }
    const journal = daemon.journal()
    await comesTrue(30_000, () => broker.ledger.lost(journal).length === 0)
    return [
      note(`${CYCLES[scale]} cycles`),
      atLeast('cycles in which the disk refused', refused, 1),
      holds('alive all the time', alive),
      atMost('alarm after', Math.max(...alarmsS), 60, ' s'),
      atMost('stored again after', Math.max(...resumesS), 30, ' s'),
      atMost('lost', broker.ledger.lost(journal).length, 0),
    ]
  },
}

/** To the last byte. */
const fill = (directory: string): void => {
  const file = openSync(join(directory, 'ballast'), 'w')
  for (const size of [65_536, 4_096, 512, 1]) {
    try {
      for (;;) writeSync(file, Buffer.alloc(size))
    } catch {}
  }
  closeSync(file)
  const { bavail } = statfsSync(directory)
  if (bavail > 0) throw new Error('the disk is not full')
}
