import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startBroker } from './broker.ts'
import { prepareDaemon, stockUp, worldTime } from './process.ts'
import { atMost, holds, note, type Row, type Scale, timely } from './row.ts'

const METERS: Readonly<Record<Scale, number>> = { short: 200, usual: 2_000, full: 7_000 }
const READINGS: Readonly<Record<Scale, number>> = { short: 1_000, usual: 20_000, full: 200_000 }
const PASSPHRASE = 'five words from an old book'
const LIMIT_S = 15 * 60
const ANSWER_MS = 60_000
const NOON = Date.UTC(2026, 9, 20, 12)

export const T23: Row = {
  id: 'T23',
  title: 'restore drill: a backup of a box, into a board that has no key-encryption key, and into one that has another',
  limit: 'every key usable, check values equal, lost 0, ≤ 15 min',
  mutation: { file: 'store/backup/keys.js', find: 'key === null ? row.sealed : sealKey(to, row.meter, key)', put: 'row.sealed' },
  async run({ build, directory, scale, later }) {
    const meters = Array.from({ length: METERS[scale] }, (_, n) => `KAM-${String(10_000_000 + n)}`)
    const box = (name: string): string => join(directory, name)
    stockUp(build, box('old'), { meters, days: [{ day: '2026-10-19', utcMs: NOON, from: 0, count: READINGS[scale] }] })
    const broker = await startBroker()
    later(() => broker.down())
    const daemonIn = (name: string) => prepareDaemon({ build, directory: box(name), broker: broker.port, time: worldTime(NOON) })
    daemonIn('old')
    const cli = (name: string, ...args: string[]): string => {
      const command = [join(build, 'src/main.js'), '--config', join(box(name), 'varmesky.yaml'), ...args]
      const { status, stdout, stderr } = spawnSync(process.execPath, command, {
        encoding: 'utf8',
        input: `${PASSPHRASE}\n`,
        maxBuffer: 2 ** 28,
      })
      if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr.slice(-400)}`)
      return stdout
    }
    const checks = (name: string): string => cli(name, 'keys', 'list', '--json')
    const startedMs = Date.now()
    cli('old', 'backup', join(directory, 'box.tar'))
    const backedUpMs = Date.now()
    const before = checks('old')
    let [slowestMs, unusable, differing] = [0, 0, 0]
    for (const name of ['empty', 'other']) {
      const fromMs = Date.now()
      mkdirSync(box(name), { recursive: true })
      if (name === 'other') writeFileSync(join(box(name), 'kek'), `${'c3'.repeat(32)}\n`, { mode: 0o600 })
      const board = daemonIn(name)
      if (name === 'empty') rmSync(join(box(name), 'kek'))
      cli(name, 'restore', join(directory, 'box.tar'))
      if (checks(name) !== before) differing++
      later(() => board.kill())
      board.start()
      await board.ready()
      // One that ends at a key it cannot open has none.
      unusable += await Promise.race([board.keyless(meters), sleep(ANSWER_MS, meters.length)])
      slowestMs = Math.max(slowestMs, Date.now() - fromMs)
      await board.stop()
    }
    return [
      note(
        `${meters.length} meters, ${READINGS[scale].toLocaleString('en')} readings, backup in ${((backedUpMs - startedMs) / 1_000).toFixed(1)} s`,
      ),
      atMost('keys not usable', unusable, 0),
      holds('check values equal', differing === 0),
      timely('slowest board after', slowestMs / 1_000, LIMIT_S),
      note('a board with a TPM was not at hand'),
    ]
  },
}
