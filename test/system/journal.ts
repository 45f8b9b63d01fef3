import { readFileSync } from 'node:fs'

/** Names one stored message: a state heard again as better evidence is another message with the same id. */
export const nameOf = ({ id, precedence }: { readonly id: string; readonly precedence: number | null }): string => `${id} ${precedence}`

/** What a daemon noted. A line that a kill cut short was not noted. */
export const readJournal = (file: string): ReadonlySet<string> => new Set(readFileSync(file, 'utf8').split('\n').slice(0, -1))
