import type { Command } from 'commander'
import type { Attach } from '../command.ts'
import { say } from '../output.ts'
import { askSms } from './daemon.ts'

export const smsAsk: Attach = (parent) =>
  void parent
    .command('ask')
    .description('ask the module of one meter for its reading now; the answer comes as a message')
    .argument('<meter>', 'its name, its number, an alias, its label or its installation number')
    .action(async (meter: string, _: object, command: Command) => {
      const { asked } = (await askSms(command, 'sms.ask', { meter })) as { readonly asked: string }
      say(`${asked} is asked: its answer comes as a reading, or not at all.`)
    })
