import { readdirSync } from 'node:fs'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openStick, type Stick } from '../../demo/im871a-stick.ts'
import { scaledClock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import { buildReceiver, type ReceiverSpec } from '../../src/receivers/build.ts'
import type { Receiver } from '../../src/receivers/receiver.ts'
import type { Telegram } from '../../src/wmbus/telegram.ts'
import { bytesOf, hexOf, IM871A_FRAMES } from './vectors.ts'

const WAIT = { timeout: 15_000, interval: 5 }
const TELEGRAMS = IM871A_FRAMES.map((f) => bytesOf(f.telegram))
/** Unpluggings in a row; the system tests try a hundred, with every stick. */
const UNPLUGS = 10
const openFiles = (): number => readdirSync('/proc/self/fd').length

describe('an iM871A on a serial port', () => {
  let stick: Stick
  let receiver: Receiver
  let heard: Telegram[]
  /** Ten times as fast as the world, so that waiting for a device takes no time. */
  const clock = scaledClock(10, Date.UTC(2026, 10, 24))

  const build = (spec: Partial<ReceiverSpec> = {}): Receiver =>
    buildReceiver({ name: 'mast', use: 'im871a', at: stick.path, ...spec }, { clock, log: silentLog })
  const start = (spec?: Partial<ReceiverSpec>): Promise<void> => {
    receiver = build(spec)
    return receiver.start((telegram) => heard.push(telegram))
  }
  const reaches = (state: string): Promise<void> => vi.waitFor(() => expect(receiver.health().state).toBe(state), WAIT)
  const hears = (...telegrams: Uint8Array[]): Promise<void> =>
    vi.waitFor(() => expect(heard.map((t) => hexOf(t.bytes))).toEqual(telegrams.map(hexOf)), WAIT)

  beforeEach(async () => {
    heard = []
    stick = await openStick()
    stick.setFirmware(0x14)
  })
  afterEach(async () => {
    await receiver.stop()
    stick.close()
  })

  it('is set up with the dialogue of real sticks, then delivers', async () => {
    await start()
    expect(receiver.health()).toMatchObject({ name: 'mast', use: 'im871a', at: stick.path, state: 'receiving', trouble: null, reopened: 0 })
    expect(stick.asked).toEqual(['A5010F00', 'A5010500', 'A501030600020A300100'])
    for (const telegram of TELEGRAMS) await stick.send(telegram, 141)
    await hears(...TELEGRAMS)
    expect(heard[0]).toMatchObject({ receiver: 'mast', crc: 'stripped', rssi: -51.5, heard: { bootId: clock.bootId } })
    expect(receiver.health()).toMatchObject({
      telegrams: TELEGRAMS.length,
      skipped: 0,
      badChecksums: 0,
      lastTelegramMs: heard.at(-1)!.heard.monotonicMs,
    })
    expect(receiver.health().bytes).toBeGreaterThan(0)
    await receiver.stop()
    expect(receiver.health().state).toBe('closed')
  })

  it('delivers what the stick streams before it is asked', async () => {
    await stick.raw(bytesOf('a5c2ff'))
    const starting = start()
    await vi.waitFor(() => expect(stick.asked).toContain('A5010F00'), WAIT)
    await stick.send(TELEGRAMS[0]!, 50)
    await starting
    await hears(TELEGRAMS[0]!)
  })

  it('does not keep a telegram behind noise waiting', async () => {
    await start()
    await stick.raw(bytesOf('a5c203ff'))
    await stick.send(TELEGRAMS[0]!, 50)
    await hears(TELEGRAMS[0]!)
  })

  it('is not receiving while the stick does not answer, and finds it once it does', async () => {
    stick.hang()
    await start()
    expect(receiver.health()).toMatchObject({
      state: 'waiting',
      trouble: expect.stringMatching(/no answer.*unplug it and plug it in again/),
    })
    stick.hang(false)
    await reaches('receiving')
    expect(receiver.health()).toMatchObject({ trouble: null, reopened: 0 })
  })

  it('says what the stick cannot do', async () => {
    stick.setFirmware(0x13)
    await start({ modes: ['c1', 't1'] })
    expect(receiver.health()).toMatchObject({ state: 'waiting', trouble: expect.stringMatching(/firmware 13 cannot hear \[c1, t1\]/) })
    expect(stick.linkMode()).toBeNull()
  })

  it('waits for a stick that is not there yet', async () => {
    stick.unplug()
    await start()
    expect(receiver.health()).toMatchObject({ state: 'waiting', trouble: expect.stringMatching(/is it plugged in/) })
    await stick.plugIn()
    await reaches('receiving')
  })

  it('says so when another program has the port', async () => {
    const other = build()
    await other.start(() => {})
    await start()
    expect(receiver.health().trouble).toMatch(/another program has it open.*ModemManager/)
    await other.stop()
    await reaches('receiving')
  })

  it('is opened at once where its lock is only just being let go', async () => {
    const other = build()
    await other.start(() => {})
    const starting = start()
    await sleep(5)
    await other.stop()
    await starting
    expect(receiver.health()).toMatchObject({ state: 'receiving', trouble: null })
  })

  it('survives unpluggings, half of them within a telegram, and leaves no file open', { timeout: 60_000 }, async () => {
    await start()
    const before = openFiles()
    for (let i = 1; i <= UNPLUGS; i++) {
      await stick.send(TELEGRAMS[0]!, 50)
      await vi.waitFor(() => expect(heard).toHaveLength(i), WAIT)
      // Pulled out while its bytes are being read: serialport alone never notices.
      if (i % 2) await stick.raw(bytesOf(IM871A_FRAMES[0]!.frame).subarray(0, 30)).then(nextTurn)
      stick.unplug()
      await vi.waitFor(() => expect(receiver.health().state).not.toBe('receiving'), WAIT)
      await stick.plugIn()
      await reaches('receiving')
      expect(receiver.health().reopened).toBe(i)
    }
    expect(receiver.health()).toMatchObject({ telegrams: UNPLUGS, badChecksums: 0 })
    // Fewer: what tests before left is closed meanwhile.
    expect(openFiles()).toBeLessThanOrEqual(before)
  })

  it('can be stopped at any time', async () => {
    stick.hang()
    const starting = start()
    await nextTurn()
    await receiver.stop()
    await starting
    expect(receiver.health().state).toBe('closed')
    const again = build()
    stick.hang(false)
    await again.start(() => {})
    expect(again.health().state).toBe('receiving')
    await again.stop()
  })
})
