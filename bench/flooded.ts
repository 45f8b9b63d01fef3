/**
 * A gateway in a process of its own, told where to receive from. It answers each message of its parent with how it has been since the
 * last one: what its receivers heard, how long its event loop made others wait, its memory.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { systemClock } from '../src/clock.ts'
import { fileSchema } from '../src/config/schema.ts'
import { startGateway } from '../src/gateway.ts'
import { silentLog } from '../src/log.ts'
import type { ReceiverHealth } from '../src/receivers/receiver.ts'

/** The first message: the receivers as the configuration writes them, and the meters with their keys in hex. */
export interface FloodedBy {
  readonly receivers: readonly object[]
  readonly meters: readonly (readonly [meter: string, key: string])[]
}

export interface Flooded {
  readonly receivers: readonly ReceiverHealth[]
  /** Telegrams by what became of them. */
  readonly outcomes: Readonly<Record<string, number>>
  readonly delayP99Ms: number
  readonly delayMaxMs: number
  readonly rssBytes: number
}

const directory = mkdtempSync(join(tmpdir(), 'varmesky-flood-'))
const delay = monitorEventLoopDelay({ resolution: 5 })
let rssBytes = 0
setInterval(() => {
  rssBytes = Math.max(rssBytes, process.memoryUsage.rss())
}, 200).unref()

process.once('message', async ({ receivers, meters }: FloodedBy) => {
  const file = fileSchema.parse({ gateway: 'bench', receivers })
  const gateway = await startGateway({
    config: { ...file, stateDirectory: directory, runtimeDirectory: directory },
    clock: systemClock('always'),
    log: silentLog,
    version: 'bench',
    kek: new Uint8Array(32),
    control: false,
    sinks: [],
  })
  gateway.store.meters.put(meters.map(([meter, key]) => ({ meter, key: Uint8Array.from(Buffer.from(key, 'hex')) })))
  const tell = (): void => {
    const { receivers, outcomes } = gateway.status()
    const [delayP99Ms, delayMaxMs] = [delay.percentile(99) / 1e6, delay.max / 1e6]
    process.send!({ receivers, outcomes, delayP99Ms, delayMaxMs, rssBytes } satisfies Flooded)
    delay.reset()
  }
  process.on('message', tell)
  process.once('disconnect', async () => {
    await gateway.stop()
    rmSync(directory, { recursive: true })
    process.exit()
  })
  delay.enable()
  tell()
})
