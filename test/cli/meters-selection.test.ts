import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { manualClock, now } from '../../src/clock.ts'
import { type Gateway, startGateway } from '../../src/gateway.ts'
import { silentLog } from '../../src/log.ts'
import { hex, integer, record, type Sender, shortHeader, stripped } from '../support/telegrams.ts'
import { here, KEY, KEY_CHECK, trial } from './cli.ts'

const box = trial()
const list = (...args: string[]) => here('--config', box.file, 'meters', 'list', ...args)
const clock = manualClock(Date.UTC(2026, 10, 24))
let gateway: Gateway
const OTHER = '00112233445566778899AABBCCDDEEFF'
const sender = (n: number): Sender => ({ manufacturer: 'KAM', id: `7100000${n}`, version: 0x34, type: 0x04 })
const KEYED = { meter: 'KAM-71000001', key: hex(KEY) }

let accessNumber = 0
const hear = (n: number, key?: string): void => {
  const options = { ...(key && { key: hex(key) }), accessNumber: accessNumber++ }
  const bytes = stripped(sender(n), shortHeader(sender(n), record('04 06', integer(1, 4)), options))
  gateway.receive({ bytes, crc: 'stripped', heard: now(clock), receiver: 'mast', rssi: -71, mode: 'c1' })
}

const start = async (unlisted: string): Promise<void> => {
  box.write(
    'varmesky.yaml',
    `gateway: box\nstateDirectory: state\nruntimeDirectory: .\nkekFile: ./kek\nmeters: { unlisted: ${unlisted} }\n`,
  )
  const parts = { config: box.config(), clock, log: silentLog, version: '0', kek: Buffer.alloc(32, 7), receivers: [], sinks: [] }
  gateway = await startGateway(parts)
}
beforeEach(() => start('list'))
afterEach(() => gateway.stop())

const names = async (...args: string[]): Promise<unknown> =>
  JSON.parse((await list('--json', ...args)).stdout).map(({ meter, why }: { meter: string; why: string[] }) => [meter, ...why])

describe('meters that need a look', () => {
  it('are listed by what is the matter with them', async () => {
    gateway.store.meters.put([KEYED, { meter: 'KAM-71000002' }, { meter: 'KAM-71000003', retiredAt: 'now' }, { meter: 'KAM-71000004' }])
    hear(1, OTHER)
    hear(2, OTHER)
    hear(5, OTHER)
    expect(await names('--unheard')).toEqual([['KAM-71000004', 'never heard']])
    expect(await names('--wrong-key')).toEqual([
      ['KAM-71000001', 'its key is wrong'],
      ['KAM-71000002', 'encrypted, and has no key'],
    ])
    expect(await names('--plain')).toEqual([])
    expect(await names('--unlisted')).toEqual([['KAM-71000005', 'not registered: heat, encrypted: mode 5, 1 telegram, -71 dBm']])
    hear(1)
    hear(4)
    expect(await names('--plain', '--unheard')).toEqual([
      ['KAM-71000001', 'sends unencrypted, although it has a key: refused'],
      ['KAM-71000004', 'sends unencrypted'],
    ])
    const { stdout, stderr } = await list('--wrong-key')
    expect(stdout).toMatch(new RegExp(`KAM-71000001 +${KEY_CHECK} +– +– +its key is wrong`))
    expect(stderr).toBe('2 meters\n')
  })

  it('are in order again with the right key', async () => {
    gateway.store.meters.put([{ meter: 'KAM-71000001', key: hex(OTHER) }])
    hear(1, KEY)
    expect(await names('--wrong-key')).toHaveLength(1)
    gateway.store.meters.put([KEYED])
    expect(await names('--wrong-key')).toHaveLength(0)
    hear(1, KEY)
    expect(await names('--wrong-key')).toHaveLength(0)
  })

  it('others than ours are told only where they are kept', async () => {
    await gateway.stop()
    await start('count')
    expect(await list('--unlisted')).toMatchObject({ status: 3, stderr: expect.stringContaining('unlisted: list') })
  })

  it('without a daemon: who was heard is on disk, the rest is not known', async () => {
    gateway.store.meters.put([KEYED, { meter: 'KAM-71000002' }])
    hear(1, KEY)
    await gateway.stop()
    expect(await names('--unheard')).toEqual([['KAM-71000002', 'never heard']])
    for (const option of ['--wrong-key', '--plain', '--unlisted'])
      expect(await list(option)).toMatchObject({ status: 4, stderr: expect.stringContaining('start varmesky') })
  })
})
