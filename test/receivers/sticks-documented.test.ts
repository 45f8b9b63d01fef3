import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { STICKS, type Stick } from '../../src/receivers/sticks/sticks.ts'

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

it('says of every stick how it was verified', () => {
  const [, table = ''] = text.split('## Verified how')
  for (const [name] of sticks) expect(table).toMatch(new RegExp(`^\\|[^|]*\`${name}\``, 'm'))
})
