import { type Attach, configOf } from '../command.ts'
import { print, printJson } from '../output.ts'
import { reading } from '../store-access.ts'
import { table } from '../table.ts'
import { ANY_NAME, findMeter } from './meter-argument.ts'

export const metersShow: Attach = (parent) =>
  void parent
    .command('show')
    .description('show one meter')
    .argument('<meter>', ANY_NAME)
    .option('--json', 'as JSON')
    .action((text: string, options: { json?: true }, command) => {
      const { meter, lastDay } = reading(configOf(command), (store) => {
        const meter = findMeter(store.meters.list(), text)
        return { meter, lastDay: store.outbox.readings({ meter: meter.meter, limit: 1 })[0]?.day ?? null }
      })
      if (options.json) return printJson({ ...meter, lastDay })
      print(
        table(
          ['METER', meter.meter],
          [
            ['key check', meter.keyCheck ?? 'no key'],
            ...(meter.nextKeyCheck === null ? [] : [['next key check', meter.nextKeyCheck] as const]),
            ['label', meter.label],
            ['installation', meter.installation],
            ['aliases', meter.aliases.join(' ')],
            ['wired', meter.wired.join(' ')],
            ['plain telegrams', meter.keyCheck === null ? 'it has no key' : (meter.plain ?? 'refused')],
            ['added', meter.addedAt],
            ...(meter.retiredAt === null ? [] : [['out of service since', meter.retiredAt] as const]),
            ...(meter.replacedBy === null ? [] : [['replaced by', meter.replacedBy] as const]),
            ['last reading', lastDay],
          ],
        ),
      )
    })
