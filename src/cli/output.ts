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

/** The data that was asked for, on standard output. */
export const print = (text: string): void => void process.stdout.write(`${text}\n`)

export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2))

/** What is said about it, on standard error: it never mixes with data in a pipe. */
export const say = (text: string): void => void process.stderr.write(`${text}\n`)

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

/** `1 meter`, `2 meters`. */
export const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`
