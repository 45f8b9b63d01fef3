import { Argument, type Command } from 'commander'
import type { Attach } from '../command.ts'
import { SHELLS, type Shell } from './shells.ts'
import { treeOf } from './tree.ts'

const rootOf = (command: Command): Command => (command.parent ? rootOf(command.parent) : command)

export const completion: Attach = (parent) =>
  void parent
    .command('completion')
    .description('print the completion script of a shell (the Debian package has installed them already)')
    .addArgument(new Argument('<shell>').choices(Object.keys(SHELLS)))
    .addHelpText('after', '\nFor this session:  source <(varmesky completion bash)')
    .action((shell: Shell, _options, command: Command) => void process.stdout.write(SHELLS[shell](treeOf(rootOf(command)))))
