import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { STICKS, type Stick } from '../../src/receivers/sticks/sticks.ts'
import { LINK_MODES, type LinkMode } from '../../src/wmbus/telegram.ts'

const text = readFileSync('docs/adding-a-receiver.md', 'utf8')
const sticks: readonly (readonly [string, Stick])[] = Object.entries(STICKS)

it('the document has a row for every stick, and no other', () => {
  const rows = sticks.map(([name, { title, baudRate, modes }]) => {
    const sets = [...new Set(modes.map((set) => `[${set.join(', ')}]`))].join(' ')
    return `| \`${name}\` | ${title} | ${baudRate} | ${sets || '–'} |`
  })
  const [, after = ''] = text.split('can be set to hear |\n|---|---|---|---|\n')
  expect(after.split('\n\n')[0]!.split('\n')).toEqual(rows)
})

describe('how each was verified', () => {
  const [, table = ''] = text.split('## Verified how')
  const [head = [], , ...rows] = table
    .split('\n')
    .filter((line) => line.startsWith('| `') || line.startsWith('|---|---|---|') || line.startsWith('| `use`'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
  const cells = (row: readonly string[]): Record<string, string> => Object.fromEntries(head.map((column, i) => [column, row[i] ?? '']))
  const columns: readonly (readonly [string, readonly LinkMode[]])[] = [
    ...LINK_MODES.map((mode) => [mode, [mode]] as const),
    ['c1 and t1', ['c1', 't1']],
  ]

  it('is said of everyone', () => {
    expect(rows.map(([use]) => use)).toEqual(
      [...sticks.map(([name]) => name), 'rtl_wmbus', 'rtl_433', 'hex', 'lines'].map((name) => `\`${name}\``),
    )
    expect(new Set(rows.map((row) => row.at(-1)))).toEqual(new Set(['none yet']))
  })

  it.each(sticks.filter(([, { spokenTo }]) => spokenTo))('is said of every link mode of %s, and of no other', (name, { modes }) => {
    const row = cells(rows.find(([use]) => use === `\`${name}\``)!)
    for (const [column, wanted] of columns) {
      const can = modes.some((set) => wanted.every((mode) => set.includes(mode)))
      expect([name, column, row[column]]).toEqual([name, column, can ? expect.stringMatching(/^E( P)?$/) : ''])
    }
  })
})
