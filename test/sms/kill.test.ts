import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, it, vi } from 'vitest'
import { scaledClock } from '../../src/clock.ts'
import { openStore } from '../../src/store/open.ts'
import { runScript } from '../support/compiled.ts'
import { dice, shuffled } from '../system/dice.ts'
import { deliver } from './deliver.ts'
import { modemEmulator } from './modem-emulator.ts'
import { PACE } from './pace.ts'
import { textsIn } from './receiver.ts'

/** `SMS_KILLS=100` for more; `SMS_SEED=2` for others. */
const KILLS = Number(process.env['SMS_KILLS'] ?? 1)
const SEED = Number(process.env['SMS_SEED'] ?? 1)

it(
  `a process killed ${KILLS} times between commit and delete loses no message and takes none twice`,
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'varmesky-sms-kill-'))
    const clock = scaledClock(PACE, Date.parse('2026-11-24T05:00:00Z'))
    const random = dice(SEED)
    const path = join(directory, 'modem')
    const state = join(directory, 'state')
    const modem = await modemEmulator({ path, clock, dice: random, capacity: 8 })
    const sent: string[] = []
    for (let round = 0; round <= KILLS; round++) {
      const bodies = [0, 1, 2].map((n) => `${round}.${n}: Meter No.: 5300279, `.repeat(1 + 6 * n))
      const pdus = bodies.flatMap((body, n) => deliver({ from: '+4520123456', body, at: `2026-11-24T06:${10 + n}:30` }, 10 * round + n))
      sent.push(...bodies)
      const child = runScript(new URL('./receiver-child.ts', import.meta.url), path, state)
      for (const pdu of shuffled(pdus, random)) modem.deliver(pdu)
      if (round < KILLS) {
        await once(child.stdout, 'data')
        await setTimeout(random() * 150)
      } else await vi.waitFor(() => expect(modem.left()).toBe(0), { timeout: 60_000 + KILLS * 2_000, interval: 50 })
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    const store = openStore({ directory: state, kek: null, clock })
    expect(textsIn(store, 'test.whole')).toEqual(sent.sort())
    expect(store.sms.counts()).toMatchObject({ waiting: 0 })
    store.close()
    modem.close()
    rmSync(directory, { recursive: true })
  },
  120_000 + KILLS * 20_000,
)
