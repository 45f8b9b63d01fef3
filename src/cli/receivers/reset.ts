import { type Attach, configOf } from '../command.ts'
import { failure } from '../failure.ts'
import { print } from '../output.ts'
import { ask } from '../store-access.ts'

export const receiversReset: Attach = (parent) =>
  void parent
    .command('reset')
    .description('have the daemon restart a receiver and set it up anew, or open its port anew where it cannot be told to restart')
    .argument('<name>', 'its name in the configuration')
    .action(async (receiver: string, _options, command) => {
      if ((await ask(configOf(command), 'receivers.reset', { receiver })) === null)
        throw failure('unreachable', 'The daemon is not running. It sets its receivers up when it starts:  sudo systemctl start varmesky')
      print(`${receiver} is being set up anew: "varmesky receivers list" shows how it does`)
    })
