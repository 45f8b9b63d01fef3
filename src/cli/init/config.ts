import { readFileSync } from 'node:fs'

export interface Answers {
  readonly gateway: string
  /** Device path of a stick that was found. */
  readonly stick: string | null
  readonly broker: string | null
  /** Everything below the directory of the configuration, for a trial without root. */
  readonly trial: boolean
}

type Edit = (text: string) => string

/** The example configuration with the answers in it; a block nobody answered for stays in it as a comment. */
export const filledExample = ({ gateway, stick, broker, trial }: Answers): string => {
  const edits: readonly Edit[] = [
    setting('gateway', gateway),
    stick === null ? commentOut('receivers') : setting('    at', stick),
    broker === null ? commentOut('mqtt') : setting('  url', broker),
    ...(trial ? [setting('stateDirectory', 'state'), setting('runtimeDirectory', 'run'), setting('kekFile', './kek')] : []),
    ...(trial && broker === null ? [setting('stdout', 'true')] : []),
  ]
  const example = readFileSync(new URL('../../../config/varmesky.example.yaml', import.meta.url), 'utf8')
  return edits.reduce((text, edit) => edit(text), example)
}

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
