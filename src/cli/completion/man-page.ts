/** The man page, section 1, from the command tree. */
import { EXIT } from '../failure.ts'
import { everyLeaf, type Flag, type Leaf } from './tree.ts'

/** A line of text in roff: a leading dot or quote would be a request, a minus that is typed is `\-`, and what is not ASCII is named. */
const roff = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/, '\\&$1')
    .replace(/[^\x20-\x7e\n]/gu, (letter) => `\\[u${letter.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`)

const flagText = ({ usage, about, choices }: Flag): string =>
  `.TP\n.B ${roff(usage)}\n${roff(about)}${choices.length > 0 ? ` (${roff(choices.join(', '))})` : ''}`

const leafText = (leaf: Leaf): string =>
  [
    `.SS varmesky ${roff([leaf.path, leaf.args].filter(Boolean).join(' '))}`,
    roff(`${leaf.about[0]?.toUpperCase()}${leaf.about.slice(1)}.`),
    ...leaf.flags.filter(({ names }) => !names.includes('--help')).map(flagText),
  ].join('\n')

const ENDS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'done',
  failed: 'failed: the message says what to try',
  usage: 'wrong usage',
  refused: 'refused, as things stand',
  unreachable: 'the daemon could not be reached',
}

/** @param date YYYY-MM-DD */
export const manPage = (root: Leaf, version: string, date: string): string => {
  const ends = Object.entries(EXIT).map(([name, status]) => `.TP\n.B ${status}\n${ENDS[name as keyof typeof EXIT]}`)
  return [
    `.TH VARMESKY 1 ${roff(date)} "Varmesky ${roff(version)}" "User Commands"`,
    '.SH NAME',
    'varmesky \\- open gateway for wireless heat meters',
    '.SH SYNOPSIS',
    '.B varmesky\n.RI [ options ] \\ command',
    '.SH DESCRIPTION',
    'Takes Wireless M\\-Bus telegrams in, decrypts and decodes them, and sends one reading per meter and day out.',
    'Keys, passwords and PINs are never given as arguments: they are asked for, or read from standard input.',
    '.SH OPTIONS',
    ...root.flags.map(flagText),
    '.SH COMMANDS',
    ...everyLeaf(root)
      .filter(({ children }) => children.length === 0)
      .map(leafText),
    '.SH EXIT STATUS',
    ...ends,
    '.SH ENVIRONMENT',
    '.TP\n.B VARMESKY_CONFIG\nThe configuration, unless\n.B \\-\\-config\nnames one.',
    '.SH FILES',
    '.TP\n.I /etc/varmesky/varmesky.yaml\nThe configuration.',
    '.TP\n.I /var/lib/varmesky\nMeters, sealed keys, readings, outbox.',
    '.SH SEE ALSO',
    '/usr/share/doc/varmesky/docs/operations.md, systemctl(1), journalctl(1)',
    '',
  ].join('\n')
}
