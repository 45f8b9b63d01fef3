import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { Sqlite } from '../../src/store/disk/sqlite.ts'
import { loadKek } from '../../src/store/meters/kek.ts'
import { openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'
import { reading } from '../store/state.ts'
import { damage, seeded } from '../support/damage.ts'
import { here, trial } from './cli.ts'

const box = trial()
const check = (...args: string[]) => here('--config', box.file, 'db', 'check', ...args)
const state = () => box.config().stateDirectory
const open = (): Store => openStore({ directory: state(), kek: loadKek(box.config().kekFile), clock: systemClock() })

beforeEach(() => {
  const store = open()
  store.meters.put([{ meter: 'KAM-07134347', key: new Uint8Array(16).fill(3) }, { meter: 'KAM-07134348' }])
  for (let n = 0; n < 500; n++) store.outbox.add(reading(`${n}`.padEnd(200, '.')))
  store.close()
})

test('a sound database is told to be sound, also beside a daemon', async () => {
  const daemon = open()
  daemon.outbox.add(reading('one more'))
  daemon.outbox.flush()
  expect(await check()).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(
      /^The structure is in order\.\n501 messages, each as it was stored\n2 meters with 1 key; their second copy has them all\n/,
    ),
  })
  daemon.close()
})

test('a message that is not what was stored is told by its number, with exit status 1', async () => {
  const db = new Sqlite(join(state(), 'varmesky.db'))
  db.exec(`UPDATE outbox SET body = replace(body, '7', '8') WHERE seq = 8`)
  db.close()
  const { status, stdout, stderr } = await check('--json')
  expect({ status, json: JSON.parse(stdout) }).toMatchObject({
    status: 1,
    json: { sound: false, structure: [], messages: 500, damaged: [8] },
  })
  expect(stderr).toContain('neither sent nor shown')
})

test('a damaged structure is told, with exit status 1', async () => {
  damage(state(), 'garbage page', seeded(4))
  const { status, stdout, stderr } = await check()
  expect(status).toBe(1)
  expect(stdout).toContain('The structure is damaged:')
  expect(stderr).toContain('puts it aside')
})
