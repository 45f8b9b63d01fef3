import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { readMeterList } from '../../src/cli/meters/import-file.ts'
import { here, KEY, KEY_CHECK, onTerminal, trial } from './cli.ts'

const box = trial()
const cli = (...args: string[]) => here('--config', box.file, ...args)
const list = (content: string | Uint8Array): string => box.write('list.csv', content)
const report = async (content: string, ...options: string[]) =>
  JSON.parse((await cli('meters', 'import', list(content), '--json', ...options)).stdout)
const meters = async () => JSON.parse((await cli('meters', 'list', '--json')).stdout)

describe('what is a list', () => {
  const names = { label: 'Ærø/1', installation: '4711-02', alias: '', wired: '' }
  const row = { line: 2, surplus: false, meter: '07134347', manufacturer: 'KAM', key: KEY, ...names }
  const danish = `Målernummer;Fabrikat;AES-nøgle;Navn;Installationsnr.\r\n07134347;KAM;${KEY};Ærø/1;4711-02\r\n`

  test.each([
    ['English, commas, another order', `label,key,installation,mfct,serial\nÆrø/1,${KEY},4711-02,KAM,07134347\n`],
    ['Danish, semicolons, CRLF', danish],
    ['with a mark of UTF-8', `\ufeff${danish}`],
    ['tabs, no line feed at the end', danish.replaceAll(';', '\t').trimEnd()],
    ['every cell quoted', danish.replace(/[^;\r\n]+/g, '"$&"')],
    ['zeros kept the way spreadsheets are told to', danish.replace('07134347', '"=""07134347"""')],
    ['names as in a maker’s export', `SerialNo;VendorId;DEK;Name;CustomerDeviceNumber\n07134347;KAM;${KEY};Ærø/1;4711-02\n`],
    ['Windows-1252', Buffer.from(danish, 'latin1')],
    ['UTF-16', Buffer.from(`\ufeff${danish}`, 'utf16le')],
  ])('%s', (_, content) => {
    expect(readMeterList(list(content))).toEqual({ rows: [row], unused: [] })
  })

  test('lines are counted as an editor does, empty ones too; columns that mean nothing are named', () => {
    const { rows, unused } = readMeterList(list('sep=;\nmeter;Adresse;\n\n1;"Vej; 3"\n;;\n\n2;\n'))
    expect(rows.map(({ line, meter }) => [line, meter])).toEqual([
      [4, '1'],
      [7, '2'],
    ])
    expect(unused).toEqual(['Adresse'])
  })

  test.each([
    ['', 'is empty'],
    [`07134347;KAM;${KEY}\n`, 'The first line must name the columns'],
    ['serial,meter no\n1,2\n', 'Two columns could be the meter, "serial" and "meter no"'],
    [`meter;key\n1;"${KEY}\n`, 'is not CSV in line 2'],
    [`meter;key\n1;${KEY}"\n`, 'is not CSV in line 2'],
    ['PK\u0003\u0004', 'is a damaged ZIP'],
    ['<?xml version="1.0"?>', 'is not whole XML'],
  ])('%j is refused without repeating a key', async (content, message) => {
    const { status, stderr } = await cli('meters', 'import', list(content))
    expect(status).toBe(1)
    expect(stderr).toContain(message)
  })

  test('a file that is not there', async () => {
    expect(await cli('meters', 'import', '/nowhere.csv')).toMatchObject({ status: 1, stderr: '/nowhere.csv cannot be read (ENOENT)\n' })
  })
})

describe('the plan', () => {
  test('is shown first, and done only when told to', async () => {
    const content = `meter;key;label\nKAM-07134347;${KEY};a\nKAM-07134348;;b\n`
    const dry = await cli('meters', 'import', list(content))
    expect(dry).toEqual({
      status: 0,
      stdout: 'new 2, same 0, changed 0, refused 0\n',
      stderr: '1 new meter without a key\nNothing was imported: this was a dry run. Say --yes to import.\n',
    })
    expect(await meters()).toEqual([])
    expect((await cli('meters', 'import', list(content), '--yes')).stderr).toContain('Imported 2 meters.')
    expect(await meters()).toMatchObject([
      { meter: 'KAM-07134347', label: 'a', keyCheck: KEY_CHECK },
      { meter: 'KAM-07134348', label: 'b', keyCheck: null },
    ])
    expect((await cli('meters', 'import', list(content), '--yes')).stderr).toBe('Nothing to import.\n')
  })

  test('names what changes; an empty cell changes nothing', async () => {
    await report(`meter;key;label\nKAM-1;${KEY};a\nKAM-2;${KEY};b\nKAM-3;${KEY};c\n`, '--yes')
    const other = KEY.replace('C2', 'C3')
    expect(
      await report(`meter;key;label;installation\nKAM-1;;;\nKAM-2;${other};new;\nKAM-3;${KEY.toLowerCase()};;4711\nKAM-4;;;`, '--yes'),
    ).toMatchObject({
      imported: true,
      new: ['KAM-00000004'],
      same: 1,
      changed: [
        { line: 3, meter: 'KAM-00000002', what: ['key', 'label'] },
        { line: 4, meter: 'KAM-00000003', what: ['installation'] },
      ],
      refused: [],
    })
    expect(await meters()).toMatchObject([
      { label: 'a' },
      { label: 'new' },
      { label: 'c', installation: '4711', keyCheck: KEY_CHECK },
      { meter: 'KAM-00000004' },
    ])
  })

  test('puts leading zeros back and says so', async () => {
    expect(await report('number;manufacturer\n7134347;kam\n42;DME\n', '--yes')).toMatchObject({
      new: ['KAM-07134347', 'DME-00000042'],
      leadingZeros: { 7134347: 'KAM-07134347', 42: 'DME-00000042' },
    })
  })

  test.each([
    ['KAM-1;1,23E+31;;', 'was turned into a number by a spreadsheet'],
    ['KAM-1;1.23E+31;;', 'was turned into a number by a spreadsheet'],
    [`KAM-1;${KEY.slice(1)};;`, 'a key has 32 hexadecimal digits, this one has 31'],
    [`KAM-1;${KEY.replace('C', 'G')};;`, 'a key has only the digits 0–9 and A–F'],
    ['7,13E+06;;;', 'was rounded by a spreadsheet'],
    ['7134347;;;', 'its number has no manufacturer'],
    [`${KEY};KAM-1;;`, 'its number is not a meter'],
    [';;a;', 'has no number of a meter'],
    ['KAM-1;;two words;', 'label must be 1 to 32 letters'],
    ['KAM-1;;a;b;c;d', 'has more cells than the first line'],
  ])('%s is refused, and with it everything', async (line, reason) => {
    const content = `meter;key;label;installation\nKAM-9;;;\n${line}\n`
    const { refused, imported } = await report(content, '--yes')
    expect({ imported, refused }).toEqual({ imported: false, refused: [{ line: 3, reason: expect.stringContaining(reason) }] })
    expect((await cli('meters', 'import', list(content), '--yes')).status).toBe(1)
    expect(await meters()).toEqual([])
  })

  test('a number like a CPR number is refused by policy', async () => {
    const result = await cli('meters', 'import', list('meter;installation\nKAM-1;0101701234\nKAM-2;1234567890\n'), '--yes')
    expect(result).toMatchObject({
      status: 3,
      stdout: expect.stringMatching(/^new 1, .*refused 1\n[\s\S]*2 +refused +installation looks like a CPR number/),
    })
    expect(result.stdout).not.toContain('0101701234')
    expect(await meters()).toEqual([])
  })

  test('a meter that stands twice is refused where its lines differ', async () => {
    expect(await report('meter;label\nKAM-1;a\nKAM-2;b\nKAM-00000001;a\nKAM-2;c\n')).toMatchObject({
      new: ['KAM-00000001'],
      refused: [
        { line: 3, reason: 'KAM-00000002 stands in lines 3, 5, which differ' },
        { line: 5, reason: 'KAM-00000002 stands in lines 3, 5, which differ' },
      ],
    })
  })

  test('the manufacturer may be said once for all; a line that names its own keeps it', async () => {
    expect(await report('meter\n1\nDME-2\n', '--manufacturer', 'KAM')).toMatchObject({ new: ['KAM-00000001', 'DME-00000002'] })
    expect(await report('meter;maker\n1;\n2;DME\nABC-3;DME\n', '--manufacturer', 'KAM')).toMatchObject({
      new: ['KAM-00000001', 'DME-00000002'],
      refused: [{ line: 4, reason: 'its number says ABC, but the manufacturer is given as DME' }],
    })
  })
})

test('a utility’s whole list at once', async () => {
  const lines = Array.from({ length: 7000 }, (_, i) => `${7_000_000 + i};KAM;${randomBytes(16).toString('hex')};vej-${i};47-${i}`)
  const { imported, ...plan } = await report(`meter;manufacturer;key;label;installation\n${lines.join('\n')}\n`, '--yes')
  expect([imported, plan.new.length]).toEqual([true, 7000])
  expect((await meters()).length).toBe(7000)
})

test('a person is asked', async () => {
  const { status, stdout } = await onTerminal(
    ['--config', box.file, 'meters', 'import', list(`meter;key\nKAM-1;${KEY}\n`)],
    [['Import 1 meter?', 'y']],
  )
  expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining('Imported 1 meter.') })
  expect(await meters()).toMatchObject([{ meter: 'KAM-00000001', keyCheck: KEY_CHECK }])
})
