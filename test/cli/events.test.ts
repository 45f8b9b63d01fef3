import { spawn } from 'node:child_process'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type ManualClock, manualClock } from '../../src/clock.ts'
import { events, type Tell } from '../../src/events.ts'
import { silentLog } from '../../src/log.ts'
import { loadKek } from '../../src/store/meters/kek.ts'
import { openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'
import { program } from '../support/compiled.ts'
import { here, trial } from './cli.ts'

const box = trial()
const undo: (() => void)[] = []
afterEach(() => {
  for (const step of undo.splice(0).reverse()) step()
})

/** A store in which a daemon told something: a meter's event a day ago, the box's own now. */
function daemon(): { readonly store: Store; readonly tell: Tell; readonly clock: ManualClock } {
  const { stateDirectory, kekFile } = box.config()
  const clock = manualClock(Date.now() - 86_400_000)
  const store = openStore({ directory: stateDirectory, kek: loadKek(kekFile), clock })
  undo.push(store.close)
  const tell = events({ clock, log: silentLog, gateway: 'box', emit: store.outbox.add })
  store.meters.put([{ meter: 'KAM-07134347', label: 'cellar' }])
  tell('meter.replay', { meter: 'KAM-07134347' })
  store.outbox.flush()
  clock.advance(86_400_000)
  tell('store.trouble', { state: 'full' })
  tell('config.reloaded')
  store.outbox.flush()
  return { store, tell, clock }
}
const list = async (...args: string[]): Promise<readonly string[]> => {
  const { status, stdout } = await here('--config', box.file, 'events', '--json', ...args)
  expect(status).toBe(0)
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line).event)
}

describe('events', () => {
  test('lists what was told, oldest first, by meter, time, gravity and number', async () => {
    daemon()
    expect(await list()).toEqual(['meter.replay', 'store.trouble', 'config.reloaded'])
    expect(await list('--meter', 'cellar')).toEqual(['meter.replay'])
    expect(await list('--since', '1h')).toEqual(['store.trouble', 'config.reloaded'])
    expect(await list('--severity', 'warning')).toEqual(['meter.replay', 'store.trouble'])
    expect(await list('--limit', '1')).toEqual(['config.reloaded'])
  })

  test('says it to a person in one line each', async () => {
    daemon()
    const { stdout } = await here('--config', box.file, 'events')
    expect(stdout).toMatch(
      /^\d{4}-\d\d-\d\dT[\d:]+Z {2}warning {2}meter\.replay {2}KAM-07134347: telegrams older .*\n.* error {4}store\.trouble: .*\(state full\)\n/,
    )
  })

  test('nothing told, or nothing there yet, is said', async () => {
    expect(await here('--config', box.file, 'events')).toEqual({ status: 0, stdout: '', stderr: 'Nothing was told.\n' })
  })

  test('--follow goes on with what comes', { timeout: 60_000 }, async () => {
    const { store, tell } = daemon()
    const args = [program(), '--config', box.file, 'events', '--json', '--limit', '1', '--follow']
    const follower = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] })
    undo.push(() => follower.kill('SIGKILL'))
    let seen = ''
    follower.stdout.on('data', (part) => {
      seen += part
    })
    await vi.waitUntil(() => seen.includes('config.reloaded'), { timeout: 50_000 })
    tell('clock.stepped', { seconds: 3 })
    store.outbox.flush()
    await vi.waitUntil(() => seen.includes('clock.stepped'), { timeout: 20_000 })
    expect(seen.split('\n').filter(Boolean)).toHaveLength(2)
  })
})
