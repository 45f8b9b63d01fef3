import { describe, expect, it } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import { startDayMessages } from '../../src/readings/day-messages.ts'
import { openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'
import { hasMosquitto, startMosquitto } from '../support/broker-mosquitto.ts'
import { here, trial } from './cli.ts'

const DAY = '2026-11-23'
const NOW = Date.UTC(2026, 10, 24, 1)
const box = trial()

const reading = (n: number) => {
  const meter = `KAM-0000000${n}`
  const id = `${meter}/${DAY}/9c41f0a2b77e`
  const body = JSON.stringify({ id, evidence: { kind: 'boundary' }, quality: { state: 'valid' } })
  return { kind: 'reading.daily', id, meter, day: DAY, precedence: 1, body }
}

const withStore = <T>(act: (store: Store) => T): T => {
  const store = openStore({ directory: box.config().stateDirectory, kek: null, clock: manualClock(NOW) })
  try {
    return act(store)
  } finally {
    store.close()
  }
}

/** A day of three meters and two readings, closed; the first message was accepted, the second is as told. */
const filled = (second: 'held' | 'refused'): void => {
  box.write('varmesky.yaml', 'gateway: box\nstateDirectory: state\nruntimeDirectory: .\nkekFile: ./kek\nstdout: true\n')
  withStore((store) => {
    const { outbox } = store
    store.meters.put([1, 2, 3].map((n) => ({ meter: `KAM-0000000${n}` })))
    for (const n of [1, 2]) outbox.add(reading(n))
    outbox.flush()
    const batch = outbox.pending('stdout', 'live', 10)
    outbox.settle('stdout', batch, ['accepted', second], 'too large', NOW + 300_000)
    startDayMessages({ clock: manualClock(NOW), log: silentLog, gateway: 'box', timeZone: 'Europe/Copenhagen', ...store }).closing(DAY)
  })
}
const run = async (...args: string[]) => here('--config', box.file, ...args)
const json = async (...args: string[]) => JSON.parse((await run(...args, '--json')).stdout)
const due = () => withStore(({ outbox }) => outbox.due('stdout', Date.now(), 10).map(({ id }) => id))

describe('days', () => {
  it('list and show tell how far a day has come', async () => {
    filled('refused')
    const [day] = await json('days', 'list')
    const sinks = [{ sink: 'stdout', accepted: 1, confirmed: 0 }]
    expect(day).toMatchObject({ day: DAY, issue: 1, expected: 3, published: 2, missingCount: 1, missing: ['KAM-00000003'], sinks })
    expect(day.digest).toMatch(/^[0-9a-f]{64}$/)
    expect(await json('days', 'show', DAY)).toEqual(day)
    expect((await run('days', 'list')).stdout).toMatch(/2026-11-23 +closed +3 +2 +1 +stdout +1 +0/)
    expect((await run('days', 'show', DAY)).stdout).toContain('KAM-00000003')
    expect(await run('days', 'show', '2020-01-01')).toMatchObject({ status: 1, stderr: expect.stringContaining('nothing of') })
  })

  it('list works before anything was stored', async () => {
    expect(await json('days', 'list')).toEqual([])
  })
})

describe('outbox', () => {
  it('list says what is held or refused, and why', async () => {
    filled('refused')
    const { id } = reading(2)
    expect(await json('outbox', 'list')).toMatchObject([
      { sink: 'stdout', seq: 2, state: 'refused', id, reason: 'too large', attempts: 1, retryAt: null },
    ])
    expect((await run('outbox', 'list')).stdout).toContain('too large')
    expect(await json('outbox', 'list', '--sink', 'mqtt')).toEqual([])
  })

  it('retry tries a refused message again', async () => {
    filled('refused')
    expect(due()).toEqual([])
    expect(await json('outbox', 'retry', '2')).toEqual({ retried: 1 })
    expect(due()).toEqual([reading(2).id])
  })

  it('drop needs --yes, and then it is never tried again', async () => {
    filled('held')
    expect(await run('outbox', 'drop', '2')).toMatchObject({ status: 2, stderr: expect.stringContaining('--yes') })
    expect(await run('outbox', 'drop')).toMatchObject({ status: 2 })
    expect(await json('outbox', 'drop', '2', '--yes')).toEqual({ dropped: 1 })
    expect(await json('outbox', 'retry', '--all')).toEqual({ retried: 0 })
    expect(due()).toEqual([])
    expect((await json('days', 'show', DAY)).sinks).toEqual([{ sink: 'stdout', accepted: 1, confirmed: 0 }])
  })
})

describe('readings resend', () => {
  it('sends what was sent, once each, however often it is asked', async () => {
    filled('refused')
    const args = ['readings', 'resend', '--from', DAY, '--to', DAY]
    expect(await json(...args)).toEqual({ from: DAY, to: DAY, sinks: ['stdout'], requeued: 2 })
    await run(...args)
    expect(due()).toEqual([reading(1).id, reading(2).id])
    expect(await json(...args, '--meter', '00000001')).toMatchObject({ meter: 'KAM-00000001', requeued: 1 })
  })

  it('refuses days the wrong way round and sinks there are not', async () => {
    filled('held')
    expect((await run('readings', 'resend', '--from', '2026-11-24', '--to', DAY)).status).toBe(2)
    expect((await run('readings', 'resend', '--from', DAY, '--to', DAY, '--sink', 'mqtt')).status).toBe(2)
  })
})

describe('sinks', () => {
  it('list names what is configured', async () => {
    filled('held')
    expect(await json('sinks', 'list')).toMatchObject([{ sink: 'stdout', live: 1, held: 1, everDelivered: true }])
  })

  it('test says that nothing listens, or that there is nothing to test', async () => {
    expect(await run('sinks', 'test')).toMatchObject({ status: 1, stderr: expect.stringContaining('nothing to test') })
    box.write('varmesky.yaml', 'gateway: box\nmqtt: { url: "mqtt://127.0.0.1:1" }\n')
    expect(await run('sinks', 'test')).toMatchObject({ status: 1, stderr: expect.stringContaining('nothing listens there') })
  })

  it.skipIf(!hasMosquitto)('test publishes to a mosquitto and says what it answered', async () => {
    const broker = await startMosquitto()
    box.write('varmesky.yaml', `gateway: box\nmqtt: { url: "mqtt://127.0.0.1:${broker.port}" }\n`)
    const result = await run('sinks', 'test', '--json')
    await broker.stop()
    expect(JSON.parse(result.stdout)).toMatchObject({ tls: null, topic: 'varmesky/v1/box/test', receipt: null })
  })
})
