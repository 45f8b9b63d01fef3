import { clearScreenDown, moveCursor } from 'node:readline'
import type { WriteStream } from 'node:tty'

/** A head and a table at the end of a terminal, drawn anew in their place. */
export interface Screen {
  draw(head: string, table: string): void
  /** For the last time: in full, however long, so that it can be scrolled back to. */
  finish(head: string, table: string): void
}

/** Lines are cut at the terminal's width, and of the table there are only as many as fit; `less` says how to have fewer. */
export function screenOn(terminal: WriteStream, less = '--filter, --type, --sort'): Screen {
  let drawn = 0
  const put = (lines: readonly string[]): void => {
    moveCursor(terminal, -terminal.columns, -drawn)
    clearScreenDown(terminal)
    terminal.write(`${lines.join('\n')}\n`)
    drawn = lines.length
  }
  const linesOf = (head: string, table: string): string[] =>
    [...head.split('\n'), '', ...table.split('\n')].map((line) => line.slice(0, terminal.columns - 1))
  return {
    draw(head, table) {
      const lines = linesOf(head, table)
      const room = terminal.rows - 1
      put(lines.length <= room ? lines : [...lines.slice(0, room - 1), `… and ${lines.length - room + 1} more: ${less}`])
    },
    finish: (head, table) => put([...head.split('\n'), '', ...table.split('\n')]),
  }
}
