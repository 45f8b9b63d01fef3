/** Completion scripts, one function per shell: static, so that a Tab starts no program. */
import { everyLeaf, type Flag, type Leaf, wordOf } from './tree.ts'

const PROGRAM = 'varmesky'

const names = (flags: readonly Flag[]): readonly string[] => flags.flatMap((flag) => flag.names)
const words = (leaf: Leaf): string => [...leaf.children.map(wordOf), ...names(leaf.flags)].join(' ')
const valued = (root: Leaf): string =>
  [...new Set(names(everyLeaf(root).flatMap(({ flags }) => flags.filter((flag) => flag.takesValue))))].join('|')

/** The path is walked word by word; options and their values are skipped. */
const bash = (root: Leaf): string => `# bash completion for ${PROGRAM}
_${PROGRAM}() {
  local path="" word i=1 cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}"
  while [ "$i" -lt "$COMP_CWORD" ]; do
    word="\${COMP_WORDS[i]}"
    case "$word" in
${indented(`${valued(root)}) i=$((i + 1)) ;;`)}
      -*) ;;
      *) case "\${path:+$path }$word" in
${everyLeaf(root)
  .filter(({ path }) => path !== '')
  .map(({ path }) => `        '${path}') path='${path}' ;;`)
  .join('\n')}
        esac ;;
    esac
    i=$((i + 1))
  done
  case "$path:$prev" in
${everyLeaf(root)
  .flatMap((leaf) => leaf.flags.filter(({ choices }) => choices.length > 0).map((flag) => choiceCase(leaf, flag)))
  .join('\n')}
  esac
  case "$prev" in
${indented(`${valued(root)}) COMPREPLY=($(compgen -f -- "$cur")); return ;;`, 4)}
  esac
  case "$path" in
${everyLeaf(root)
  .map((leaf) => `    '${leaf.path}') COMPREPLY=($(compgen${leaf.takesFile ? ' -f' : ''} -W '${words(leaf)}' -- "$cur")) ;;`)
  .join('\n')}
  esac
}
complete -o filenames -F _${PROGRAM} ${PROGRAM}
`

const choiceCase = ({ path }: Leaf, { names, choices }: Flag): string =>
  `    ${names.map((name) => `'${path}:${name}'`).join('|')}) COMPREPLY=($(compgen -W '${choices.join(' ')}' -- "$cur")); return ;;`

const indented = (line: string, by = 6): string => ' '.repeat(by) + line

/** What stands in a single-quoted text of zsh. */
const quoted = (text: string): string => text.replaceAll("'", "'\\''")

const zshSpec = ({ names, about, takesValue, choices }: Flag): readonly string[] => {
  const value = takesValue ? `:value:${choices.length > 0 ? `(${choices.join(' ')})` : '_files'}` : ''
  return names.map((name) => `'${name}[${quoted(about.replace(/[[\]]/g, '').replaceAll(':', ' '))}]${value}'`)
}

const zshName = (path: string): string => `_${[PROGRAM, ...path.split(' ').filter(Boolean)].join('_').replaceAll('-', '_')}`

const zshLeaf = (leaf: Leaf): string => {
  const specs = leaf.flags.flatMap(zshSpec)
  if (leaf.children.length === 0)
    return `${zshName(leaf.path)}() {\n  _arguments ${[...specs, `'*:argument:${leaf.takesFile ? '_files' : ' '}'`].join(' ')}\n}`
  const children = leaf.children.map((child) => `'${wordOf(child)}:${quoted(child.about.replaceAll(':', ' '))}'`).join(' ')
  const cases = leaf.children.map((child) => `      ${wordOf(child)}) ${zshName(child.path)} ;;`).join('\n')
  return `${zshName(leaf.path)}() {
  local state
  local -a commands=(${children})
  _arguments -C ${specs.join(' ')} '1: :->command' '*:: :->rest'
  case $state in
    command) _describe command commands ;;
    rest) case $words[1] in
${cases}
    esac ;;
  esac
}`
}

const zsh = (root: Leaf): string => `#compdef ${PROGRAM}
${everyLeaf(root).map(zshLeaf).join('\n')}
${zshName('')} "$@"
`

const fishText = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

const fishLeaf = (leaf: Leaf): readonly string[] => {
  const path = leaf.path.split(' ').filter(Boolean)
  const under = path.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ')
  const siblings = leaf.children.map(wordOf).join(' ')
  const at = (more: string): string => `complete -c ${PROGRAM} -n ${fishText([under, more].filter(Boolean).join('; and ') || 'true')}`
  return [
    ...leaf.children.map(
      (child) => `${at(`not __fish_seen_subcommand_from ${siblings}`)} -f -a ${wordOf(child)} -d ${fishText(child.about)}`,
    ),
    ...leaf.flags.map(({ names, about, takesValue, choices }) => {
      const spelled = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`)).join(' ')
      const value = choices.length > 0 ? ` -x -a ${fishText(choices.join(' '))}` : takesValue ? ' -r' : ''
      return `${at('')} ${spelled}${value} -d ${fishText(about)}`
    }),
  ]
}

const fish = (root: Leaf): string => `# fish completion for ${PROGRAM}\n${everyLeaf(root).flatMap(fishLeaf).join('\n')}\n`

export const SHELLS = { bash, zsh, fish } as const
export type Shell = keyof typeof SHELLS
