import { type Attach, configOf } from '../command.ts'
import { print } from '../output.ts'
import { change, registeredMeters } from '../store-access.ts'
import { ANY_NAME, findMeter } from './meter-argument.ts'

export const metersRetire: Attach = (parent) =>
  void parent
    .command('retire')
    .description('take a meter out of service: it is no longer expected, its telegrams no longer count, its readings stay')
    .argument('<meter>', ANY_NAME)
    .option('--undo', 'take it into service again')
    .action(async (text: string, { undo }: { undo?: true }, command) => {
      const config = configOf(command)
      const { meter } = findMeter(registeredMeters(config), text)
      await change(config, 'meters.put', { entries: [{ meter, retiredAt: undo ? null : 'now' }] })
      print(undo ? `${meter} is in service again` : `${meter} is out of service`)
    })
