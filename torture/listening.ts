import type { MeterOnAir } from '../test/system/meters.ts'
import { type Mast, openMast } from './air.ts'
import { type Broker, startBroker } from './broker.ts'
import type { Time } from './inside/steered-clock.ts'
import { comesTrue, type Daemon, prepareDaemon, stockUp } from './process.ts'
import type { Ground } from './row.ts'

/** A gateway that runs, knows these meters and listens to a mast; behind it a broker that takes everything. */
export const listening = async (
  { build, directory, later }: Pick<Ground, 'build' | 'directory' | 'later'>,
  meters: readonly MeterOnAir[],
  time: Time,
  patient: boolean,
): Promise<{ readonly mast: Mast; readonly broker: Broker; readonly daemon: Daemon }> => {
  const mast = await openMast()
  later(() => mast.close())
  const broker = await startBroker()
  later(() => broker.down())
  stockUp(build, directory, { meters: meters.map(({ meter }) => meter), days: [] })
  const receiver = { use: 'hex', at: mast.at } as const
  const daemon = prepareDaemon({ build, directory, broker: broker.port, receiver, time, patient })
  later(() => daemon.kill())
  daemon.start()
  await daemon.ready()
  await comesTrue(20_000, () => mast.listeners() > 0)
  return { mast, broker, daemon }
}
