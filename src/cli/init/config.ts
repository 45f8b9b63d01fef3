import { readFileSync } from 'node:fs'

export interface Answers {
  readonly gateway: string
  /** The receiver that was found or named. */
  readonly receiver: { readonly use: string; readonly at: string } | null
  readonly broker: string | null
  /** Everything below the directory of the configuration, for a trial without root. */
  readonly trial: boolean
}

type Edit = (text: string) => string

/** The example configuration with the answers in it; a block nobody answered for stays in it as a comment. */
export const filledExample = ({ gateway, receiver, broker, trial }: Answers): string => {
  const edits: readonly Edit[] = [
    setting('gateway', gateway),
    ...(receiver === null ? [commentOut('receivers')] : [setting('    use', receiver.use), setting('    at', quoted(receiver.at))]),
    broker === null ? commentOut('mqtt') : setting('  url', broker),
    ...(trial ? [setting('stateDirectory', 'state'), setting('runtimeDirectory', 'run'), setting('kekFile', './kek')] : []),
    ...(trial && broker === null ? [setting('stdout', 'true')] : []),
  ]
  const example = readFileSync(new URL('../../../config/varmesky.example.yaml', import.meta.url), 'utf8')
  return edits.reduce((text, edit) => edit(text), example)
}

/** As YAML takes it: a command has colons and spaces. */
const quoted = (text: string): string => (/^[\w/:.[\]-]+$/.test(text) ? text : JSON.stringify(text))

/** Gives a setting a value, whether it stands in the example or in a comment there; what is said behind it stays in its column. */
const setting =
  (name: string, value: string): Edit =>
  (text) =>
    text.replace(new RegExp(`^((?:# )?${name}: )(\\S+ *)`, 'm'), (_, before: string, old: string) => {
      const after = `${before.replace('# ', '')}${value}`
      return `${after} `.padEnd(before.length + old.length)
    })

/** A block ends at the next blank line. */
const commentOut =
  (block: string): Edit =>
  (text) =>
    text.replace(new RegExp(`^${block}:(?:.*\\n)(?:.+\\n)*`, 'm'), (lines) => lines.replace(/^(?=.)/gm, '# '))
