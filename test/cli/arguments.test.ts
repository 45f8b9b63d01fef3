import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hasKeyOnCommandLine } from '../../src/cli/key-on-command-line.ts'
import { parseKey } from '../../src/cli/keys/key-text.ts'
import { findMeter } from '../../src/cli/meters/meter-argument.ts'
import { isCprLike, noteProblem } from '../../src/control/meter-entry.ts'
import { parseMeter } from '../../src/meter-name.ts'
import { KEY } from './cli.ts'

describe('a meter', () => {
  test.each([
    ['KAM-07134347', 'KAM-07134347', null],
    ['kam07134347', 'KAM-07134347', null],
    [' Kam 713 4347 ', 'KAM-07134347', '7134347'],
    ['DME-1a', 'DME-0000001A', '1A'],
  ])('%j is %s', (text, meter, shortened) => {
    expect(parseMeter(text)).toEqual({ meter, shortened })
  })

  test.each(['', 'KAM', 'KAM-', 'KAM-123456789', 'KAM-0713434G', 'KAMP-1', '../etc/passwd', '7134347'])('%j is none', (text) => {
    expect(parseMeter(text)).toHaveProperty('problem')
  })

  test('is found by its name, number, label or installation, if that is one', () => {
    const meter = (name: string, label: string | null, installation: string | null) => ({
      meter: name,
      label,
      installation,
      plain: null,
      keyCheck: null,
      nextKeyCheck: null,
      addedAt: null,
      aliases: [],
      wired: [],
      retiredAt: null,
      replacedBy: null,
    })
    const meters = [meter('KAM-00000001', 'school', '47'), meter('DME-00000001', 'Hall', '48'), meter('KAM-00000002', 'hall/2', '48')]
    const found = (text: string): string => findMeter(meters, text).meter
    expect(['kam 1', 'school', '47', '2'].map(found)).toEqual(['KAM-00000001', 'KAM-00000001', 'KAM-00000001', 'KAM-00000002'])
    expect(() => found('1')).toThrow('means 2 meters: KAM-00000001, DME-00000001')
    expect(() => found('48')).toThrow('means 2 meters')
    expect(() => found('hall')).toThrow('did you mean')
    expect(() => found(KEY)).toThrow(/^This is no registered meter/)
  })
})

describe('a key', () => {
  test('is 32 hexadecimal digits in any grouping', () => {
    for (const text of [
      KEY,
      KEY.toLowerCase(),
      ` ${KEY}\n`,
      KEY.replace(/../g, '$&-'),
      KEY.replace(/.{8}/g, '$& '),
      KEY.replace(/../g, '$&:'),
    ])
      expect(parseKey(text)).toEqual(Uint8Array.from(Buffer.from(KEY, 'hex')))
  })

  test('of other text no digit is repeated', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9A-Z]{12,40}$/), (text) => {
        const key = parseKey(text)
        if ('problem' in key) expect(key.problem).not.toContain(text.slice(0, 6))
        else expect(text).toHaveLength(32)
      }),
    )
  })
})

test.each([
  [true, ['meters', 'add', 'KAM-1', '--key', 'x']],
  [true, ['meters', 'add', 'KAM-1', '--key=x']],
  [true, ['meters', 'add', 'KAM-1', '--aes-key=x']],
  [true, ['meters', 'set', 'KAM-1', `--new-key=${KEY}`]],
  [true, ['meters', 'add', KEY]],
  [true, ['config', 'check', '--password', 'x']],
  [true, ['backup', 'box.tar', '--passphrase', 'x']],
  [true, ['restore', 'box.tar', `--kek=${KEY}${KEY}`]],
  [true, ['restore', `${KEY}${KEY}`]],
  [false, ['backup', 'box.tar', '--passphrase-file', 'x']],
  [false, ['restore', 'box.tar', '--kek-from', 'old.tar']],
  [false, ['meters', 'add', 'KAM-1', '--key-stdin']],
  [false, ['meters', 'set', 'KAM-1', '--new-key']],
  [false, ['meters', 'add', 'KAM-1', '--no-key']],
  [false, ['meters', 'import', `${KEY}.csv`]],
  [false, ['decode', '--key', KEY, '2e44']],
  [false, ['--config', 'box.yaml', 'decode', '--key', 'key.txt', '2e44']],
  [true, ['--config', 'decode', 'meters', 'add', KEY]],
  [true, ['meters', 'add', 'decode', '--key', 'x']],
])('a key on the command line: %s for %j', (expected, args) => {
  expect(hasKeyOnCommandLine(args)).toBe(expected)
})

test('a text that may be a CPR number is known by its date', () => {
  const day = fc.date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
  fc.assert(
    fc.property(day, fc.integer({ min: 0, max: 9999 }), fc.constantFrom('', '-'), (date, last, dash) => {
      const [year, month, dayOfMonth] = date.toISOString().slice(2, 10).split('-')
      expect(isCprLike(`${dayOfMonth}${month}${year}${dash}${String(last).padStart(4, '0')}`)).toBe(true)
    }),
  )
  for (const text of ['3201701234', '0113701234', '2902031234', '010170123', '01017012345', '4711-02', '07134347'])
    expect([text, isCprLike(text)]).toEqual([text, false])
  expect(isCprLike('vej-0101701234')).toBe(true)
})

test('labels and installation numbers', () => {
  for (const text of ['a', 'Vej/1', '4711-02', 'x'.repeat(32)]) expect([text, noteProblem(text)]).toEqual([text, undefined])
  for (const text of ['', 'two words', 'Ærø', 'x'.repeat(33), '=1+1', 'a;b']) expect(noteProblem(text)).toContain('must be')
})
