import { writeFileSync } from 'node:fs'
import { Option } from 'commander'
import { stringify } from 'csv-stringify/sync'
import { systemClock } from '../clock.ts'
import { fileSchema } from '../config/schema.ts'
import type { Config } from '../config.ts'
import { silentLog } from '../log.ts'
import { simulate as run } from '../simulate/simulate.ts'
import { VERSION } from '../version.ts'
import { configuredSinks } from '../ways-out.ts'
import type { Attach } from './command.ts'
import { failure } from './failure.ts'
import { whole } from './option-values.ts'
import { count, say } from './output.ts'
import { progress } from './progress.ts'
import { dayArgument } from './readings/reading-text.ts'

interface Options {
  readonly meters: number
  readonly days: number
  readonly gateways: number
  readonly seed: number
  readonly from: string
  readonly to: string
  readonly protocol: '5' | '4'
  readonly gateway: string
  readonly truth?: string
}

export const simulate: Attach = (parent) =>
  void parent
    .command('simulate')
    .description('publish what the gateways of a city would: gaps, early readings, corrections, an exchange, a register that ends')
    .option('--meters <n>', 'how many meters', whole(1, 100_000), 100)
    .option('--days <n>', 'how many days', whole(1, 3660), 7)
    .option('--gateways <n>', 'how many gateways, which hear much of the same', whole(1, 9), 2)
    .option('--seed <n>', 'the same seed makes the same city', whole(0, 0xffff_ffff), 1)
    .option('--from <day>', 'the first day, YYYY-MM-DD', '2026-10-23')
    .requiredOption('--to <url>', 'the broker: mqtt://host:1883')
    .addOption(new Option('--protocol <version>', 'MQTT 5, or 4 for old brokers').choices(['5', '4']).default('5'))
    .option('--gateway <name>', 'name of the first gateway', 'simulated')
    .option('--truth <file>', 'what a ledger must hold in the end, as CSV')
    .action(async (options: Options) => {
      const from = dayArgument(options.from)
      const config = configOf(options)
      const parts = { clock: systemClock(), log: silentLog, version: VERSION }
      const bar = progress(options.days)
      const simulated = await run({
        ...options,
        ...parts,
        from,
        config,
        sinks: (gateway) => configuredSinks({ ...parts, config: { ...config, gateway } }),
        dayOver: () => bar.add(1),
      }).finally(() => bar.stop())
      if (options.truth) writeFileSync(options.truth, stringify([...simulated.truths], { header: true, cast: { boolean: String } }))
      const readings = simulated.truths.filter(({ evidence }) => evidence !== 'none').length
      say(
        `${count(simulated.messages, 'message')} for ${count(readings, 'reading')} and ${count(simulated.truths.length - readings, 'gap')}`,
      )
    })

/** As a configuration file with nothing but the broker in it would be. */
function configOf({ to, protocol, gateway }: Options): Config {
  const mqtt = { url: to, protocol: Number(protocol), noSubscribers: 'accept' }
  const parsed = fileSchema.safeParse({ gateway, mqtt })
  if (parsed.success) return { ...parsed.data, stateDirectory: '', runtimeDirectory: '' }
  throw failure(
    'usage',
    parsed.error.issues.map(({ path, message }) => `${path.at(-1) === 'url' ? '--to' : `--${String(path[0])}`} ${message}`).join('\n'),
  )
}
