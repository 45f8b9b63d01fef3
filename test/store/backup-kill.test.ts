import { once } from 'node:events'
import { copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import { makeBackup } from '../../src/store/backup/backup.ts'
import { readBackup } from '../../src/store/backup/file.ts'
import { type RestoreStep, restoreBackup } from '../../src/store/backup/restore.ts'
import { createKekFile, loadKek } from '../../src/store/meters/kek.ts'
import { openStore } from '../../src/store/open.ts'
import { runScript } from '../support/compiled.ts'
import { NOON, reading, temporaryDirectory } from './state.ts'

const KEY = new Uint8Array(16).fill(3)
const METER = 'KAM-07134347'
const clock = manualClock(NOON)

/** When it is killed, and what is there afterwards. */
const ENDS: readonly (readonly [step: RestoreStep, kek: boolean, whole: boolean])[] = [
  ['unpacked', false, false],
  ['prepared', false, false],
  ['kek written', true, false],
  ['in place', true, true],
]

test.each(ENDS)(
  'a restore killed when it has "%s" leaves nothing or a whole box, and can be done again',
  { timeout: 60_000 },
  async (step, kek, whole) => {
    const old = temporaryDirectory()
    const directory = join(old, 'state')
    const file = join(old, 'box.tar')
    createKekFile(join(old, 'kek'))
    copyFileSync(join(old, 'kek'), `${file}.kek`)
    const store = openStore({ directory, kek: loadKek(join(old, 'kek')), clock })
    store.meters.put([{ meter: METER, key: KEY }])
    for (let n = 0; n < 500; n++) store.outbox.add(reading(`${n}`))
    store.close()
    const about = { directory, file, gateway: 'box', program: '1', utcMs: NOON, config: 'gateway: box\n' }
    await makeBackup({ ...about, escrow: null })

    const fresh = temporaryDirectory()
    const path = join(fresh, 'kek')
    const state = join(fresh, 'state')
    const killed = runScript(new URL('./restoring.ts', import.meta.url), file, state, path, step)
    const [, signal] = await once(killed, 'exit')
    expect(signal).toBe('SIGKILL')
    expect(existsSync(path)).toBe(kek)
    if (kek) expect(readFileSync(path, 'utf8')).toBe(readFileSync(`${file}.kek`, 'utf8'))
    expect(readdirSync(state).filter((name) => name.startsWith('varmesky.db'))).toEqual(whole ? ['varmesky.db'] : [])
    if (!whole) {
      const keys = kek
        ? ({ kind: 'same', kek: loadKek(path)! } as const)
        : ({ kind: 'take', kek: loadKek(join(old, 'kek'))!, path } as const)
      await restoreBackup({ backup: await readBackup(file), directory: state, keys, by: { who: 'test', at: null } })
    }
    const restored = openStore({ directory: state, kek: loadKek(path), clock })
    expect(restored.meters.keyOf(METER)).toEqual(KEY)
    expect(restored.outbox.pending('sink', 'live', 1000)).toHaveLength(500)
    restored.close()
  },
)
