import { describe, expect, test } from 'vitest'
import { isWmbusmeters, readWmbusmeters } from '../../src/key-files/wmbusmeters.ts'

const KEY = '00112233445566778899AABBCCDDEEFF'
const file = (id: string, key = KEY, driver = 'multical403:c1'): string =>
  `name=Heat\ndriver=${driver}\nid=${id}\nkey=${key}\nshell=echo x\n`
const row = { at: 'Heat', meter: '12345678', manufacturer: 'KAM', key: KEY, label: 'Heat', installation: '' }

describe('a meter file', () => {
  test.each([
    ['with its driver', file('12345678'), [row]],
    ['with CRLF and a comment', `# mine\r\n${file('12345678').replaceAll('\n', '\r\n')}`, [row]],
    ['with the old name of the driver', file('12345678').replace('driver', 'type'), [row]],
    ['whose maker the id says', file('12345678.M=DME.V=1b.T=04', KEY, 'auto'), [{ ...row, manufacturer: 'DME' }]],
    ['whose maker nobody says', file('12345678', KEY, 'auto'), [{ ...row, manufacturer: '' }]],
    ['without a key', file('12345678', 'NOKEY'), [{ ...row, key: '' }]],
    ['of two meters', file('12345678,12345679'), [row, { ...row, meter: '12345679' }]],
  ])('%s', (_, text, rows) => {
    expect(isWmbusmeters(text)).toBe(true)
    expect(readWmbusmeters(text, 'Heat')).toEqual(rows)
  })

  test.each([
    ['*', 'pattern'],
    ['12345678,!12345679', 'pattern'],
    ['', 'pattern'],
    ['12345678\nid=12345679', 'two lines id='],
  ])('with the id %j is no single meter', (id, problem) => {
    expect(readWmbusmeters(file(id), 'Heat')).toEqual({ problem: expect.stringContaining(problem) })
  })

  test('is no list of columns', () => {
    expect(isWmbusmeters(`name;id;key\nHeat;12345678;${KEY}\n`)).toBe(false)
  })
})
