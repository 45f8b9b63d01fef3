import Table from 'cli-table3'

const NO_LINES = Object.fromEntries(
  [
    'top',
    'top-mid',
    'top-left',
    'top-right',
    'bottom',
    'bottom-mid',
    'bottom-left',
    'bottom-right',
    'left',
    'left-mid',
    'mid',
    'mid-mid',
    'right',
    'right-mid',
    'middle',
  ].map((part) => [part, '']),
)

/** Columns under their headings, without lines or colours; an empty cell shows as a dash. */
export const table = (head: readonly string[], rows: readonly (readonly (string | number | null | undefined)[])[]): string => {
  const grid = new Table({
    head: [...head],
    chars: { ...NO_LINES, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  })
  grid.push(...rows.map((row) => row.map((cell) => (cell === null || cell === undefined || cell === '' ? '–' : String(cell)))))
  return grid
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}
