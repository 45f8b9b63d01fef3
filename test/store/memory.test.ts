import { expect, test } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import { openStore } from '../../src/store/open.ts'
import { NOON, temporaryDirectory } from './state.ts'

test('memory outlives a restart, kind by kind', () => {
  const options = { directory: temporaryDirectory(), kek: null, clock: manualClock(NOON) }
  const store = openStore(options)
  store.memory.save(
    'candidate',
    new Map([
      ['one', '1'],
      ['two', '2'],
      ['three', '3'],
    ]),
  )
  store.memory.save('mark', new Map([['one', 'other']]))
  store.memory.save(
    'candidate',
    new Map([
      ['one', 'first'],
      ['two', null],
      ['four', null],
    ]),
  )
  const expected = [
    new Map([
      ['one', 'first'],
      ['three', '3'],
    ]),
    new Map([['one', 'other']]),
    new Map(),
  ]
  const kinds = ['candidate', 'mark', 'nothing']
  expect(kinds.map(store.memory.load)).toEqual(expected)
  store.close()
  const again = openStore(options)
  expect(kinds.map(again.memory.load)).toEqual(expected)
  again.close()
})
