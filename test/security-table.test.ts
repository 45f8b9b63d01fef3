import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ROWS as TORTURE } from '../torture/rows.ts'

const rows = readFileSync(new URL('../docs/security.md', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => /^\| S\d+ /.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'))
const { allowScripts } = JSON.parse(readFileSync('package.json', 'utf8'))

interface Locked {
  readonly integrity?: string
  readonly hasInstallScript?: true
  readonly link?: true
  readonly name?: string
}
/** Every package but this one: its path in node_modules, and what the lockfile says of it. */
const packages = (Object.entries(lock.packages) as [string, Locked][]).filter(([path]) => path !== '')

describe('the table of what is promised', () => {
  it('has every promise once', () => {
    expect(rows.map((row) => row[1])).toEqual(Array.from({ length: 18 }, (_, n) => `S${n + 1}`))
  })

  it.each(rows.map((row) => [row[1], row] as const))('%s says how it is kept, and by which tests', (_, [, , promise, how, tests]) => {
    expect([promise, how].every((text) => text!.length > 20)).toBe(true)
    const named = [...tests!.matchAll(/`(test\/[^`]+)`/g)].map(([, file]) => file!)
    expect(named.length).toBeGreaterThan(0)
    expect(named.filter((file) => !existsSync(file))).toEqual([])
    const ids = [...tests!.matchAll(/torture (T\d+)/g)].map(([, id]) => id)
    expect(ids.filter((id) => !TORTURE.some((row) => row.id === id))).toEqual([])
  })
})

describe('what is installed', () => {
  it('is what the lockfile has a hash of', () => {
    expect(packages.length).toBeGreaterThan(100)
    expect(packages.filter(([, { integrity, link }]) => !integrity && !link).map(([path]) => path)).toEqual([])
  })

  it('runs a script when it is installed only where that is allowed', () => {
    const scripted = packages.filter(([, { hasInstallScript }]) => hasInstallScript)
    const names = new Set(scripted.map(([path, { name }]) => name ?? path.replace(/^.*node_modules\//, '')))
    expect(names.size).toBeGreaterThan(0)
    expect([...names].filter((name) => !(name in allowScripts))).toEqual([])
  })
})
