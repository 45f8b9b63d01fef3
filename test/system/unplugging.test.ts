import { readdirSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { scaledClock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import { buildReceiver } from '../../src/receivers/build.ts'
import type { Receiver } from '../../src/receivers/receiver.ts'
import { decode } from '../../src/wmbus/decode.ts'
import { KINDS } from '../receivers/emulators/kinds.ts'
import { type Machine, openMachine, type Plugged } from '../receivers/emulators/machine.ts'
import { bytesOf, hexOf, IM871A_FRAMES } from '../receivers/vectors.ts'

const TIMES = 100
const WAIT = { timeout: 60_000, interval: 5 }
const TELEGRAM = IM871A_FRAMES[2]!.telegram
/** From the moment a device is back until it is received from, by the receivers' clock. */
const BACK_MS = 10_000
const openFiles = (): number => readdirSync('/proc/self/fd').length

describe('every stick at once, pulled out and plugged in a hundred times', () => {
  /** Faster than the world; a busy machine counts against the ten seconds as many times. */
  const clock = scaledClock(4, Date.UTC(2026, 10, 24))
  let machine: Machine
  const sticks = KINDS.map(({ use, emulate }) => ({ use, emulator: emulate(), heard: [] as string[] }))
  const receivers = new Map<string, Receiver>()
  const health = () => [...receivers.values()].map((receiver) => receiver.health())

  beforeAll(() => {
    machine = openMachine()
    for (const { use, heard } of sticks) {
      const receiver = buildReceiver({ name: use, use, at: machine.at(`serial/by-id/${use}`) }, { clock, log: silentLog })
      receivers.set(use, receiver)
      void receiver.start(({ bytes, crc }) => heard.push(hexOf(decode(bytes, crc, null).bytes)))
    }
  })
  afterAll(async () => {
    await Promise.all([...receivers.values()].map((receiver) => receiver.stop()))
    machine.close()
  })

  /** Each under another tty every time, and received from within ten seconds. */
  const plugIn = async (reopened: number): Promise<readonly Plugged[]> => {
    const plugged = await Promise.all(
      sticks.map(({ use, emulator }, n) => machine.plugIn(emulator, `ttyUSB${(n + reopened) % sticks.length}`, `serial/by-id/${use}`)),
    )
    const sinceMs = clock.monotonicMs()
    await vi.waitFor(
      () => expect(health().map(({ state, reopened }) => [state, reopened])).toEqual(sticks.map(() => ['receiving', reopened])),
      WAIT,
    )
    expect(clock.monotonicMs() - sinceMs).toBeLessThanOrEqual(BACK_MS)
    return plugged
  }

  it('is received from within ten seconds each time, every second time after half a telegram, and leaves no file open', {
    timeout: 600_000,
  }, async () => {
    let plugged = await plugIn(0)
    const before = openFiles()
    for (let n = 1; n <= TIMES; n++) {
      // The last word of a dialogue may still be on its way.
      await vi.waitFor(() => expect(sticks.map(({ emulator }) => emulator.telegram(bytesOf(TELEGRAM)).length)).not.toContain(0), WAIT)
      await Promise.all(sticks.map(({ emulator }, i) => plugged[i]!.raw(emulator.telegram(bytesOf(TELEGRAM)))))
      await vi.waitFor(() => expect(sticks.map(({ heard }) => heard.length)).toEqual(sticks.map(() => n)), WAIT)
      if (n % 2) {
        await Promise.all(sticks.map(({ emulator }, i) => plugged[i]!.raw(emulator.telegram(bytesOf(TELEGRAM)).subarray(0, 20))))
        await nextTurn()
      }
      for (const stick of plugged) stick.unplug()
      await vi.waitFor(() => expect(health().map(({ state }) => state)).not.toContain('receiving'), WAIT)
      plugged = await plugIn(n)
    }
    expect(new Set(sticks.flatMap(({ heard }) => heard))).toEqual(new Set([TELEGRAM]))
    expect(health().map(({ badChecksums }) => badChecksums)).toEqual(sticks.map(() => 0))
    expect(openFiles()).toBe(before)
  })
})
