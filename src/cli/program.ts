import { Command, CommanderError } from 'commander'
import { VERSION } from '../version.ts'
import { DEFAULT_CONFIG } from './command.ts'
import type { Table } from './commands.ts'
import { EXIT, exitStatusOf } from './failure.ts'
import { hasKeyOnCommandLine, KEY_ON_COMMAND_LINE } from './key-on-command-line.ts'
import { say } from './output.ts'

/** Does what the arguments say (without node and script) and resolves with the exit status. */
export const runCommand = async (args: readonly string[]): Promise<number> => {
  if (hasKeyOnCommandLine(args)) {
    say(KEY_ON_COMMAND_LINE)
    return EXIT.usage
  }
  try {
    const program = await buildProgram(args)
    await program.parseAsync(args, { from: 'user' })
    return EXIT.ok
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    say(error instanceof Error ? error.message : String(error))
    return exitStatusOf(error)
  }
}

/** The daemon lives for years: what only other commands need stays out of its memory, 14 MB. */
const tableFor = async (args: readonly string[]): Promise<Table> =>
  args[0] === 'run' ? { COMMANDS: [(await import('./run.ts')).run], GROUPS: [] } : import('./commands.ts')

/** With the commands that these arguments can mean; all of them without. */
export const buildProgram = async (args: readonly string[] = []): Promise<Command> => {
  const { COMMANDS, GROUPS } = await tableFor(args)
  const program = new Command('varmesky')
    .description('Open gateway for wireless heat meters.')
    .version(VERSION, '--version', 'print the version')
    .option('--config <file>', 'the configuration (or set VARMESKY_CONFIG)', process.env['VARMESKY_CONFIG'] || DEFAULT_CONFIG)
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .addHelpText('after', '\nExit status: 0 done, 1 failed, 2 wrong usage, 3 refused, 4 the daemon could not be reached.')
    // Both are inherited by the commands made below, so they come first. What was typed after "=" may be a secret.
    .configureOutput({ outputError: (text, write) => write(text.replace(/=[^']*'/, "=…'")) })
    .exitOverride()
  for (const attach of COMMANDS) attach(program)
  for (const { name, about, commands } of GROUPS) {
    const group = program.command(name).description(about).helpCommand(false)
    for (const attach of commands) attach(group)
  }
  return program
}
