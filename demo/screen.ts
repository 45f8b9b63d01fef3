import { stripVTControlCharacters } from 'node:util'

const style = (on: number, off: number) => (text: string | number) => `\x1b[${on}m${text}\x1b[${off}m`

/** Text styles as a terminal knows them; a screen that shows none takes them out again. */
export const bold = style(1, 22)
export const dim = style(2, 22)
export const red = style(31, 39)
export const green = style(32, 39)
export const yellow = style(33, 39)
export const cyan = style(36, 39)

/** Lines, and below them on a terminal one line that is written over and over. */
export interface Screen {
  line(text?: string): void
  /** Shown on a terminal only, cut to its width. */
  status(text: string): void
  /** All lines so far, styled. */
  readonly lines: readonly string[]
  /** Takes the status away and gives the cursor back. */
  close(): void
}

const ERASE = '\r\x1b[2K'
const HIDE_CURSOR = '\x1b[?25l'
const SHOW_CURSOR = '\x1b[?25h'

export function openScreen(out: NodeJS.WriteStream): Screen {
  const styled = out.isTTY && !process.env['NO_COLOR']
  const lines: string[] = []
  let status = ''

  const shown = (text: string): string => (styled ? text : stripVTControlCharacters(text))
  const draw = (): string => (status === '' ? '' : HIDE_CURSOR + shown(cut(status, out.columns - 1)))
  return {
    lines,
    line(text = '') {
      lines.push(text)
      out.write(out.isTTY ? `${ERASE}${shown(text)}\n${draw()}` : `${shown(text)}\n`)
    },
    status(text) {
      status = text
      if (out.isTTY) out.write(ERASE + draw())
    },
    close() {
      status = ''
      if (out.isTTY) out.write(ERASE + SHOW_CURSOR)
    },
  }
}

/** Styles take no room; a cut line ends plain. */
function cut(text: string, columns: number): string {
  const excess = stripVTControlCharacters(text).length - columns
  return excess > 0 ? stripVTControlCharacters(text).slice(0, -excess) : text
}
