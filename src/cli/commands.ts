import type { Attach } from './command.ts'
import { configCheck } from './config-check.ts'
import { configSchema } from './config-schema.ts'
import { configShow } from './config-show.ts'

interface Group {
  readonly name: string
  readonly about: string
  readonly commands: readonly Attach[]
}

/** Every command there is: those of one word, and those under a noun. */
export const COMMANDS: readonly Attach[] = []

export const GROUPS: readonly Group[] = [
  { name: 'config', about: 'the configuration file', commands: [configCheck, configShow, configSchema] },
]
