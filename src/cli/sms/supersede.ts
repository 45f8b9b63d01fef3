import type { SmsActions } from '../../gateway/sms/asked.ts'
import type { Attach } from '../command.ts'
import { say } from '../output.ts'
import { askSms } from './daemon.ts'

export const smsSupersede: Attach = (parent) =>
  void parent
    .command('supersede')
    .description('say that a meter reports by radio now, or is gone: its messages are put aside from here on, and it is not asked')
    .argument('<meter>', 'its name, its number, an alias, its label or its installation number')
    .option('--undo', 'take that back')
    .action(async (meter: string, { undo }: { readonly undo?: true }, command) => {
      const done = (await askSms(command, 'sms.supersede', { meter, undo: undo ?? false })) as ReturnType<SmsActions['supersede']>
      say(
        done.ended
          ? `The way of ${done.meter} by SMS has ended: take its line out of the list of senders.`
          : `${done.meter} may report by SMS again.`,
      )
    })
