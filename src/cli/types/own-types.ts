import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { loadConfig } from '../../config.ts'
import { type Registry, registryWith } from '../../decoders/index.ts'
import { type OwnTypes, readMeterTypes } from '../../meter-types/directory.ts'
import { configFileOf, DEFAULT_CONFIG } from '../command.ts'
import { say } from '../output.ts'

/** The meter types of the configuration's directory. A box without a configuration has none of its own. */
export function ownTypes(command: Command): OwnTypes {
  const file = configFileOf(command)
  if (file === DEFAULT_CONFIG && !existsSync(file)) return { types: [], problems: [] }
  const loaded = loadConfig(file)
  return 'problems' in loaded ? { types: [], problems: loaded.problems } : readMeterTypes(loaded.config.meters.types)
}

/** For a reader of telegrams, which works without a configuration, too: it only says that one's own types are missing. */
export function registryOrBuiltIn(command: Command): Registry {
  const { types, problems } = ownTypes(command)
  for (const problem of problems) say(`note: only built-in meter types: ${problem}`)
  return registryWith(problems.length > 0 ? [] : types.map(({ decoder }) => decoder))
}
