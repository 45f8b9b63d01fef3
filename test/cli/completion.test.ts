import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { manPage } from '../../src/cli/completion/man-page.ts'
import { SHELLS } from '../../src/cli/completion/shells.ts'
import { everyLeaf, treeOf, wordOf } from '../../src/cli/completion/tree.ts'
import { buildProgram } from '../../src/cli/program.ts'
import { here } from './cli.ts'

const tree = treeOf(await buildProgram())
const directory = mkdtempSync(join(tmpdir(), 'varmesky-completion-'))
afterAll(() => rmSync(directory, { recursive: true }))
const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0

/** What bash offers at the end of each line. */
const eachOffers = (lines: readonly (readonly string[])[]): readonly (readonly string[])[] => {
  const asked = lines.map((line) => {
    const words = ['varmesky', ...line].map((word) => `'${word}'`).join(' ')
    return `COMP_WORDS=(${words}); COMP_CWORD=${line.length}; COMPREPLY=(); _varmesky; printf '%s ' "\${COMPREPLY[@]}"; echo`
  })
  const script = join(directory, 'completion.bash')
  writeFileSync(script, `${SHELLS.bash(tree)}\n${asked.join('\n')}\n`)
  const { stdout, stderr } = spawnSync('bash', ['-u', script], { encoding: 'utf8', cwd: directory })
  expect(stderr).toBe('')
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' ').filter(Boolean))
}
const offers = (...line: string[]): readonly string[] => eachOffers([line])[0] ?? []

describe.skipIf(!has('bash'))('bash', () => {
  test('offers commands, those under a noun, options, and the words an option takes', () => {
    expect(offers('met')).toEqual(['meters'])
    expect(offers('meters', '')).toEqual(expect.arrayContaining(['add', 'import', 'list', '--help']))
    expect(offers('meters', 'list', '--js')).toEqual(['--json'])
    expect(offers('--config', 'meters', 'sta')).toEqual(['status'])
    expect(offers('meters', 'set', '--plain', '')).toEqual(['allowed', 'refused'])
    expect(offers('completion', '')).not.toContain('list')
  })

  test('knows every command there is', () => {
    const below = everyLeaf(tree).filter(({ children }) => children.length > 0)
    const offered = eachOffers(below.map(({ path }) => [...path.split(' ').filter(Boolean), '']))
    for (const [at, { children }] of below.entries()) for (const child of children) expect(offered[at]).toContain(wordOf(child))
  })
})

test.each(Object.keys(SHELLS) as (keyof typeof SHELLS)[])('the script of %s is sound, and names every long option', (shell) => {
  const script = SHELLS[shell](tree)
  const file = join(directory, `script.${shell}`)
  writeFileSync(file, script)
  if (has(shell)) expect(spawnSync(shell, ['-n', file], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
  for (const { flags } of everyLeaf(tree))
    for (const name of flags.flatMap(({ names }) => names)) expect(script).toContain(name.replace(/^--?/, ''))
})

test('the command prints it, and says which shells there are', async () => {
  expect(await here('completion', 'fish')).toMatchObject({ status: 0, stdout: SHELLS.fish(tree) })
  expect(await here('completion', 'csh')).toMatchObject({ status: 2, stderr: expect.stringContaining('bash, zsh, fish') })
})

describe('the man page', () => {
  const page = manPage(tree, '1.2.3', '2026-11-24')

  test('tells every command with its options', () => {
    const text = page.replaceAll('\\-', '-').replace(/\\\[u([0-9A-F]+)\]/g, (_, code) => String.fromCodePoint(Number.parseInt(code, 16)))
    for (const { path, flags, children } of everyLeaf(tree).filter((leaf) => leaf.children.length === 0)) {
      expect(children).toEqual([])
      expect(text).toContain(`.SS varmesky ${path}`)
      for (const { usage } of flags) expect(text).toContain(usage)
    }
  })

  test.skipIf(!has('groff'))('is set by groff without a warning', () => {
    const { status, stdout, stderr } = spawnSync('groff', ['-man', '-Tutf8', '-ww'], { input: page, encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain('varmesky')
  })
})
