import type { Command } from 'commander'
import { type Config, loadConfig } from '../config.ts'
import { failure } from './failure.ts'

/** Hangs one command under its parent: name, arguments, options, and what it does. One file each, listed in `commands.ts`. */
export type Attach = (parent: Command) => void

export const DEFAULT_CONFIG = '/etc/varmesky/varmesky.yaml'

/** The configuration file this command line means: `--config`, else `$VARMESKY_CONFIG`, else the default. */
export const configFileOf = (command: Command): string => command.optsWithGlobals<{ config: string }>().config

/** The configuration, or a failure that lists every problem in it. */
export const configIn = (file: string): Config => {
  const loaded = loadConfig(file)
  if ('problems' in loaded) throw failure('failed', loaded.problems.join('\n'))
  return loaded.config
}

export const configOf = (command: Command): Config => configIn(configFileOf(command))
