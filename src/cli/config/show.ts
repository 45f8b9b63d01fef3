import { stringify } from 'yaml'
import { durationText } from '../../config/duration.ts'
import type { Config, MqttConfig } from '../../config.ts'
import { type Attach, configOf } from '../command.ts'
import { print, printJson } from '../output.ts'

/** Durations of settings that may be left out, as they are written. */
const optional = ({ series, mqtt }: Config) => ({
  ...(series && { series: { ...series, keep: durationText(series.keep) } }),
  ...(mqtt?.telemetry && { mqtt: { ...mqtt, telemetry: telemetryText(mqtt.telemetry) } }),
})

const telemetryText = ({ every, meters, ...rest }: NonNullable<MqttConfig['telemetry']>) => ({
  ...rest,
  ...(every !== undefined && { every: durationText(every) }),
  ...(meters && { meters: Object.fromEntries(Object.entries(meters).map(([meter, ms]) => [meter, durationText(ms)])) }),
})

export const configShow: Attach = (parent) =>
  void parent
    .command('show')
    .description('print the configuration as it takes effect: with every default, and where things lie')
    .option('--json', 'as JSON')
    .action((options: { json?: true }, command) => {
      const config = configOf(command)
      const { tolerance, closesAfter } = config.day
      const day = { ...config.day, tolerance: durationText(tolerance), closesAfter: durationText(closesAfter) }
      const keep = Object.fromEntries(Object.entries(config.keep).map(([kind, ms]) => [kind, durationText(ms)]))
      const shown = { ...config, day, keep, ...optional(config), store: { maxSize: `${config.store.maxSize / 1_000_000}MB` } }
      if (options.json) printJson(shown)
      else print(stringify(shown).trimEnd())
    })
