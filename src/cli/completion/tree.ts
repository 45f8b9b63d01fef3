/** The command tree as data: read from commander, so that completions and the man page cannot name what is not there. */
import type { Command } from 'commander'

export interface Flag {
  /** `--json`, `-h`; several are one option. */
  readonly names: readonly string[]
  /** As help prints it: `--limit <n>`. */
  readonly usage: string
  readonly about: string
  readonly takesValue: boolean
  readonly choices: readonly string[]
}

export interface Leaf {
  /** Without the program: `meters list`; empty for the program itself. */
  readonly path: string
  readonly about: string
  /** `<meter>`, `[file]`. */
  readonly args: string
  /** Whether it takes the path of a file. */
  readonly takesFile: boolean
  readonly flags: readonly Flag[]
  readonly children: readonly Leaf[]
}

export function treeOf(command: Command, path = ''): Leaf {
  const visible = command.createHelp()
  const args = command.registeredArguments
  return {
    path,
    about: command.description(),
    args: args.map((arg) => (arg.required ? `<${arg.name()}>` : `[${arg.name()}]`) + (arg.variadic ? '...' : '')).join(' '),
    takesFile: args.some((arg) => /file|path|dir|port/i.test(arg.name())),
    flags: visible.visibleOptions(command).map((option) => ({
      names: [option.short, option.long].filter((name) => name !== undefined),
      usage: option.flags,
      about: option.description,
      takesValue: option.required || option.optional,
      choices: option.argChoices ?? [],
    })),
    children: visible.visibleCommands(command).map((child) => treeOf(child, `${path} ${child.name()}`.trim())),
  }
}

/** It and everything below it. */
export const everyLeaf = (leaf: Leaf): readonly Leaf[] => [leaf, ...leaf.children.flatMap(everyLeaf)]

/** The word that calls it, of its parent. */
export const wordOf = ({ path }: Leaf): string => path.split(' ').at(-1) ?? ''
