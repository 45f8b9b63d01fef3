import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { storeActions } from '../../src/control/actions.ts'
import { openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'

const KEY = 'C2E387277E39C9D821F3B05E1616F87C'

let directory: string
let store: Store
let actions: ReturnType<typeof storeActions>

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'varmesky-actions-'))
  store = openStore({ directory, kek: new Uint8Array(32), clock: systemClock() })
  actions = storeActions(store)
})
afterEach(() => {
  store.close()
  rmSync(directory, { recursive: true })
})

const names = (): string[] => store.meters.list().map(({ meter }) => meter)

test('meters.add adds one, and changes none', () => {
  expect(actions['meters.add']!({ entry: { meter: 'KAM-07134347', key: KEY, label: 'a' } })).toEqual({ added: 'KAM-07134347' })
  expect(() => actions['meters.add']!({ entry: { meter: 'KAM-07134347', label: 'b' } })).toThrow('is registered already')
  expect(store.meters.get('KAM-07134347')).toMatchObject({ label: 'a', keyCheck: '6E71B0' })
})

test('meters.put adds and changes, and leaves what is not named', () => {
  actions['meters.add']!({ entry: { meter: 'KAM-00000001', key: KEY, label: 'a' } })
  const entries = [{ meter: 'KAM-00000001', installation: '47' }, { meter: 'KAM-00000002' }]
  expect(actions['meters.put']!({ entries })).toEqual({ added: 1, changed: 1 })
  expect(store.meters.list()).toMatchObject([
    { meter: 'KAM-00000001', label: 'a', installation: '47', keyCheck: '6E71B0' },
    { meter: 'KAM-00000002' },
  ])
  actions['meters.put']!({ entries: [{ meter: 'KAM-00000001', key: null, label: null }] })
  expect(store.meters.get('KAM-00000001')).toMatchObject({ label: null, installation: '47', keyCheck: null })
})

test('meters.remove tells whether there was one', () => {
  actions['meters.put']!({ entries: [{ meter: 'KAM-00000001' }] })
  expect(actions['meters.remove']!({ meter: 'KAM-00000001' })).toEqual({ removed: true })
  expect(actions['meters.remove']!({ meter: 'KAM-00000001' })).toEqual({ removed: false })
})

describe('arguments that are wrong change nothing and are not repeated', () => {
  test.each([
    ['no arguments', null],
    ['no entries', { entries: [] }],
    ['a short key', { entries: [{ meter: 'KAM-00000001' }, { meter: 'KAM-00000002', key: KEY.slice(2) }] }],
    ['a key in another place', { entries: [{ meter: KEY }] }],
    ['a key as a label', { entries: [{ meter: 'KAM-00000001', label: `${KEY}x` }] }],
    ['an unknown field', { entries: [{ meter: 'KAM-00000001', dek: KEY }] }],
    ['a CPR number', { entries: [{ meter: 'KAM-00000001', installation: '010170-1234' }] }],
    ['a meter without leading zeros', { entries: [{ meter: 'KAM-1' }] }],
  ])('%s', (_, args) => {
    const put = () => actions['meters.put']!(args)
    expect(put).toThrow(expect.objectContaining({ controlCode: 'invalid', message: expect.not.stringMatching(/C2E387|E38727|010170/) }))
    expect(names()).toEqual([])
  })
})
