import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Clock, scaledClock } from '../../src/clock.ts'
import type { Pin } from '../../src/sms/modem/setup.ts'
import { deliver } from './deliver.ts'
import { type Emulator, type EmulatorOptions, modemEmulator } from './modem-emulator.ts'
import { PACE } from './pace.ts'
import { type Receiver, receiver, textsIn } from './receiver.ts'

vi.setConfig({ testTimeout: 120_000 })
const PATIENCE = { timeout: 60_000, interval: 20 }
const sms = (body: string): string => deliver({ from: '+4520123456', body })[0]!

let directory: string
let clock: Clock
let modem: Emulator
let running: Receiver[]

const plug = async (options: Partial<EmulatorOptions> = {}): Promise<Emulator> => {
  modem = await modemEmulator({ path: join(directory, 'modem'), clock, dice: () => 0.5, ...options })
  return modem
}
const listen = (options: Partial<Parameters<typeof receiver>[0]> = {}): Receiver => {
  const one = receiver({ path: join(directory, 'modem'), directory: join(directory, 'state'), clock, ...options })
  running.push(one)
  void one.modem.start()
  return one
}
const texts = (one: Receiver): string[] => textsIn(one.store, 'test.whole')

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'varmesky-modem-'))
  clock = scaledClock(PACE, Date.parse('2026-11-24T05:00:00Z'))
  running = []
})
afterEach(async () => {
  for (const one of running) await one.stop()
  modem.close()
  rmSync(directory, { recursive: true })
})

/** A PIN and what is remembered of it, as a file would. */
const pinOf = (value: string): Pin & { readonly given: () => number } => {
  let given = 0
  let refused = false
  return {
    value: async () => value,
    refused: () => refused,
    giving() {
      given++
      refused = true
    },
    accepted() {
      refused = false
    },
    given: () => given,
  }
}

describe('a modem', () => {
  it('gives what it has at the start and what comes then, each deleted once it is stored', async () => {
    await plug()
    modem.deliver(sms('at the start'))
    const one = listen()
    await vi.waitFor(() => expect(texts(one)).toEqual(['at the start']), PATIENCE)
    modem.deliver(sms('later'))
    await vi.waitFor(() => expect(texts(one)).toEqual(['at the start', 'later']), PATIENCE)
    await vi.waitFor(() => expect(modem.stored()).toEqual([]), PATIENCE)
    expect(one.modem.health()).toMatchObject({
      state: 'receiving',
      trouble: null,
      signalDbm: -79,
      registration: 'home',
      storage: { total: 10 },
    })
  })

  it('keeps what it has where nothing may be deleted, and gives it once', async () => {
    await plug()
    modem.deliver(sms('stays'))
    const one = listen({ deletes: false })
    for (const times of [1, 2, 3]) {
      await vi.waitFor(() => expect(one.modem.health().listed).toBeGreaterThanOrEqual(times), PATIENCE)
      modem.say('+CMTI: "SM",1')
    }
    expect(texts(one)).toEqual(['stays'])
    expect(modem.stored()).toHaveLength(1)
    expect(modem.heard().some((line) => line.startsWith('AT+CMGD'))).toBe(false)
  })

  it('keeps what could not be stored', async () => {
    await plug()
    modem.deliver(sms('kept'))
    let refuse = true
    const one = listen({
      async committed() {
        if (refuse) throw new Error('the disk is full')
      },
    })
    await vi.waitFor(() => expect(one.modem.health().trouble).toContain('the disk is full'), PATIENCE)
    expect(modem.stored()).toHaveLength(1)
    refuse = false
    await vi.waitFor(() => expect(modem.stored()).toEqual([]), PATIENCE)
    expect(texts(one)).toEqual(['kept'])
  })

  it('never deletes a message that took the place of another', async () => {
    await plug()
    modem.deliver(sms('first'))
    let once = true
    const one = listen({
      async committed() {
        if (!once) return
        once = false
        // It begins anew in between: what it had is gone, and something else stands there.
        modem.replace([sms('never read')])
      },
    })
    await vi.waitFor(() => expect(modem.heard().some((line) => line.startsWith('AT+CMGR'))).toBe(true), PATIENCE)
    modem.say('+CMTI: "SM",1')
    await vi.waitFor(() => expect(texts(one)).toEqual(['first', 'never read']), PATIENCE)
  })

  it('gets the PIN once, and is open', async () => {
    await plug({ pin: '4711' })
    modem.deliver(sms('behind the PIN'))
    const pin = pinOf('4711')
    const one = listen({ pin })
    await vi.waitFor(() => expect(texts(one)).toEqual(['behind the PIN']), PATIENCE)
    expect([modem.pinTries(), pin.given(), pin.refused()]).toEqual([1, 1, false])
    modem.reboot()
    modem.deliver(sms('after a reboot'))
    await vi.waitFor(() => expect(texts(one)).toContain('after a reboot'), PATIENCE)
    expect(modem.pinTries()).toBe(2)
  })

  it('never gets a PIN again that it did not take: not after a reboot, not by another process', async () => {
    await plug({ pin: '4711' })
    const pin = pinOf('0000')
    const one = listen({ pin })
    await vi.waitFor(() => expect(one.modem.health().trouble).toContain('did not take the PIN'), PATIENCE)
    expect(JSON.stringify(one.modem.health())).not.toContain('0000')
    modem.reboot()
    await modem.unplug()
    await vi.waitFor(() => expect(one.modem.health().reopened).toBeGreaterThan(0), PATIENCE)
    await one.modem.stop()
    const two = listen({ pin })
    await vi.waitFor(() => expect(two.modem.health().trouble).toContain('did not take the PIN'), PATIENCE)
    expect(modem.pinTries()).toBe(1)
  })

  it('asks for a PIN where there is none', async () => {
    await plug({ pin: '4711' })
    const one = listen()
    await vi.waitFor(() => expect(one.modem.health().trouble).toContain('asks for its PIN'), PATIENCE)
    expect(modem.pinTries()).toBe(0)
  })

  it('is set up again after it began anew', async () => {
    await plug()
    const one = listen()
    await vi.waitFor(() => expect(one.modem.health().state).toBe('receiving'), PATIENCE)
    modem.reboot()
    await vi.waitFor(() => expect(one.modem.health().reboots).toBeGreaterThan(0), PATIENCE)
    modem.deliver(sms('after it'))
    await vi.waitFor(() => expect(texts(one)).toEqual(['after it']), PATIENCE)
  })

  it('that hangs is opened again, and reset in the end', async () => {
    await plug()
    const one = listen()
    await vi.waitFor(() => expect(one.modem.health().state).toBe('receiving'), PATIENCE)
    modem.hang()
    modem.deliver(sms('while it hung'))
    await vi.waitFor(() => expect(texts(one)).toEqual(['while it hung']), PATIENCE)
    expect(one.modem.health().resets).toBeGreaterThan(0)
    expect(one.modem.health().reopened).toBeGreaterThan(0)
  })

  it('that was pulled out is found again', async () => {
    await plug()
    const one = listen()
    await vi.waitFor(() => expect(one.modem.health().state).toBe('receiving'), PATIENCE)
    const back = modem.unplug()
    modem.deliver(sms('in the network meanwhile'))
    await back
    await vi.waitFor(() => expect(texts(one)).toEqual(['in the network meanwhile']), PATIENCE)
  })

  it('that is full is read out, and is not called full then', async () => {
    await plug({ capacity: 4 })
    for (let i = 0; i < 4; i++) modem.deliver(sms(`message ${i}`))
    const one = listen()
    await vi.waitFor(() => expect(one.modem.health().deleted).toBe(4), PATIENCE)
    await vi.waitFor(() => expect(one.modem.health()).toMatchObject({ trouble: null, storage: { used: 0, total: 4 } }), PATIENCE)
  })

  it('that loses its network says so, and takes what comes once it is back', async () => {
    await plug()
    const one = listen()
    await vi.waitFor(() => expect(one.modem.health()).toMatchObject({ state: 'receiving', registration: 'home', trouble: null }), PATIENCE)
    modem.network(3)
    modem.deliver(sms('meanwhile'))
    await vi.waitFor(() => expect(one.modem.health().trouble).toContain('the network does not let it in'), PATIENCE)
    expect(texts(one)).toEqual([])
    modem.network(5)
    await vi.waitFor(() => expect(texts(one)).toEqual(['meanwhile']), PATIENCE)
    expect(one.modem.health()).toMatchObject({ registration: 'roaming', trouble: null })
  })

  it('with one memory only is read, and its storage watched', async () => {
    await plug({ memories: ['SM'], capacity: 4 })
    const one = listen({ deletes: false })
    for (let i = 0; i < 6; i++) modem.deliver(sms(`message ${i}`))
    await vi.waitFor(() => expect(one.modem.health().trouble).toContain('SM is almost full: 4 of 4'), PATIENCE)
    expect(one.modem.health().storage).toEqual({ memory: 'SM', used: 4, total: 4 })
  })
})
