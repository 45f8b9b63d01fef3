import { afterEach, describe, expect, it, vi } from 'vitest'
import { here, onTerminal, trial } from '../cli/cli.ts'
import { loadFixtures } from '../support/fixtures.ts'

const { telegram, key } = loadFixtures().get('spec/oms-n-2-1-gas-mode5.json')!
const t = trial()
afterEach(() => vi.unstubAllEnvs())

describe('decode --explain', () => {
  it('ends with what the meter type reads, and is what analyze prints', async () => {
    const keyFile = t.write('key', key!)
    const { status, stdout, stderr } = await here('decode', '--explain', '--key', keyFile, telegram)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/volume 28504.27 m3[\s\S]*as generic\/\d+ reads it:[\s\S]*volume +28504.27 +m3/)
    expect((await here('analyze', '--key', keyFile, telegram)).stdout).toBe(stdout)
  })

  it('prints the same tree as JSON, one a line', async () => {
    const file = t.write('telegrams', `${telegram}\nno telegram\n`)
    const { status, stdout, stderr } = await here('decode', '--explain', '--json', file)
    const [tree, none] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(tree).toMatchObject({ layer: 'telegram', label: 'ELS-12345678, gas, version 51', fault: { code: 'tpl.key-missing' } })
    expect(tree.children[0].children[0]).toEqual({
      layer: 'dll',
      from: 0,
      to: 1,
      bytes: '2E',
      field: 'L-field',
      value: '46 bytes follow',
      clause: 'EN 13757-4, frame formats',
    })
    expect(none).toMatchObject({ layer: 'telegram', children: [], fault: { code: 'frame.hex' } })
    expect({ status, stderr }).toEqual({ status: 1, stderr: '2 telegrams could not be decoded.\n' })
  })

  it('does not go with --jsonl, whose form is a contract', async () => {
    expect(await here('decode', '--explain', '--jsonl')).toMatchObject({ status: 2, stdout: '' })
  })

  it('has colours on a terminal, unless somebody wants none', async () => {
    // Node takes a CI it does not know for a terminal without colours.
    vi.stubEnv('CI', undefined)
    vi.stubEnv('FORCE_COLOR', undefined)
    vi.stubEnv('NO_COLOR', undefined)
    expect((await onTerminal(['analyze', telegram], [])).stdout).toContain('\u001b[36m2E\u001b[0m')
    vi.stubEnv('NO_COLOR', '1')
    expect((await onTerminal(['analyze', telegram], [])).stdout).not.toContain('\u001b[36m')
  })
})
