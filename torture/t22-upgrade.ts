import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startBroker } from './broker.ts'
import { dice } from './dice.ts'
import { comesTrue, prepareDaemon, stockUp, worldTime } from './process.ts'
import { atMost, type Ground, holds, note, type Row, type Scale } from './row.ts'

const READINGS: Readonly<Record<Scale, number>> = { short: 5_000, usual: 40_000, full: 400_000 }
const KILLS: Readonly<Record<Scale, number>> = { short: 3, usual: 10, full: 50 }
const NOON = Date.UTC(2026, 9, 20, 12)
const METERS = Array.from({ length: 20 }, (_, n) => `KAM-${20_000_000 + n}`)

/** One more step than this release has: it takes a second or more, so that kills meet it half done. */
const NEXT_STEP = `
  ALTER TABLE outbox ADD COLUMN torture TEXT;
  CREATE TABLE torture AS WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 4000000) SELECT sum(x) AS work FROM n;
  CREATE INDEX outbox_torture ON outbox (torture, body);
  UPDATE outbox SET torture = id;`

export const T22: Row = {
  id: 'T22',
  title: 'with a backlog: this release, then one with another schema step (killed in it), back to this one, and on again',
  limit: 'lost 0, keys 0 lost; the older release refuses the newer schema with a word and harms nothing',
  // A step that is killed half done stays half done.
  mutation: { file: 'store/disk/database.js', find: 'db.transaction(() => {', put: '((step) => ({ immediate: step }))(() => {' },
  async run(ground) {
    const { build, directory, scale, seed, later } = ground
    const random = dice(seed)
    const next = nextRelease(ground)
    const broker = await startBroker({ puback: () => 'silent' })
    later(() => broker.down())
    const count = READINGS[scale]
    stockUp(build, directory, { meters: METERS, days: [{ day: '2026-10-18', utcMs: NOON, from: 0, count }] })
    const setup = { directory, broker: broker.port, time: worldTime(NOON + 86_400_000) }
    const old = prepareDaemon({ ...setup, build })
    const young = prepareDaemon({ ...setup, build: next })
    later(() => old.kill())
    later(() => young.kill())
    old.start()
    await old.ready()
    await old.kill()
    let before = 0
    for (let kill = 0; kill < KILLS[scale]; kill++) {
      young.start()
      const ready = young.ready().then(
        () => true,
        () => false,
      )
      await sleep(random.next() * 3_000)
      await young.kill()
      if (!(await ready)) before++
    }
    young.start()
    await young.ready()
    await young.stop()
    old.start()
    const refused = await Promise.race([
      old.ready().then(
        () => false,
        () => true,
      ),
      comesTrue(20_000, () => !old.isAlive()),
    ])
    await old.kill()
    const saidWhy = /newer Varmesky/.test(old.log())
    broker.script = {}
    young.start()
    await young.ready()
    const drained = await comesTrue(5 * count + 20_000, () => broker.ledger.size() >= count)
    const keyless = await young.keyless(METERS)
    return [
      note(`${count} readings, ${KILLS[scale]} kills, ${before} of them before it ran`),
      holds('the older one refused and said why', refused && saidWhy),
      holds('drained', drained),
      atMost('lost', count - broker.ledger.size(), 0),
      atMost('keys lost', keyless, 0),
    ]
  },
}

/** A copy of the build that takes one schema step more. */
const nextRelease = ({ build, directory }: Ground): string => {
  const copy = join(directory, 'next')
  cpSync(build, copy, { recursive: true })
  const path = join(copy, 'src/store/disk/migrations.js')
  const text = readFileSync(path, 'utf8')
  const end = text.lastIndexOf('];')
  if (end < 0) throw new Error('the steps of the schema are not where they were')
  writeFileSync(path, `${text.slice(0, end).replace(/,\s*$/, '')}, ${JSON.stringify(NEXT_STEP)}];${text.slice(end + 2)}`)
  return copy
}
