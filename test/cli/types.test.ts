import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { DECODERS } from '../../src/decoders/index.ts'
import { hex, hexOf, noHeader, shortHeader, stripped } from '../support/telegrams.ts'
import { here, KEY, trial } from './cli.ts'

const box = trial()
const cli = (...args: string[]) => here('--config', box.file, ...args)

const METER = { manufacturer: 'ACM', id: '10000001', version: 18, type: 4 }
const RECORDS = hex('0C06 45230100 02FF61 2A00 01FD17 01')
const PLAIN = hexOf(stripped(METER, noHeader(RECORDS)))
const SEALED = hexOf(stripped(METER, shortHeader(METER, RECORDS, { accessNumber: 1, key: hex(KEY) })))
const ACME = {
  name: 'acme-thermo',
  version: 2,
  meters: [{ manufacturer: 'ACM', versions: [18], types: [4] }],
  clock: 'unknown',
  stamp: 'end',
  fields: [{ name: 'lostVolume', kind: 'register', pick: { vib: 'FF61' }, unit: 'm3', exponent: -3 }],
}
const write = (type: object, name = 'types/acme.json'): string => box.write(name, JSON.stringify(type))
const broken = (): string => write({ ...ACME, fields: [{ name: 'energy', kind: 'register', pick: { quantity: 'enrgy' } }] })
const PROBLEM = 'fields[0].pick.quantity: no quantity "enrgy"; did you mean "energy"?'

beforeEach(() => {
  mkdirSync(join(box.directory, 'types'))
  appendFileSync(box.file, 'meters: { types: types }\n')
})

describe('a type of one’s own', () => {
  test('names what decode shows, and what explain does', async () => {
    write(ACME)
    const { observation } = JSON.parse((await cli('decode', '--json', PLAIN)).stdout)
    expect(observation).toMatchObject({ decoder: 'acme-thermo/2', fields: { lostVolume: { value: '0.042', unit: 'm3' } } })
    expect((await cli('decode', '--explain', PLAIN)).stdout).toMatch(/lostVolume/)
  })

  test('that is broken stops config check and run with its place; decode says so and goes on', async () => {
    const file = broken()
    expect(await cli('config', 'check')).toEqual({ status: 1, stdout: '', stderr: `${file}: ${PROBLEM}\n1 problem\n` })
    expect(await cli('run')).toMatchObject({ status: 1, stderr: expect.stringContaining(`${file}: ${PROBLEM}\n`) })
    expect(await cli('decode', '--json', PLAIN)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('generic-heat/1'),
      stderr: `note: only built-in meter types: ${file}: ${PROBLEM}\n`,
    })
    write(ACME)
    expect(await cli('config', 'check')).toMatchObject({ status: 0 })
  })
})

test('types list shows one’s own first, then the built-in ones', async () => {
  write(ACME)
  const { stdout, stderr } = await cli('types', 'list')
  expect(stdout).toMatch(
    /^TYPE +METERS +STORED DATES +FROM\nacme-thermo\/2 +ACM version 18 \(hex 12\), heat \(4\) +(–|standard time, \w+) +\/.*\/types\/acme\.json\n/,
  )
  expect(stdout).toMatch(/\nkamstrup-heat\/1 .* standard time, by version +built-in\n/)
  expect(stderr).toBe(`1 type of your own, ${DECODERS.length} built-in\n`)
  const listed = JSON.parse((await cli('types', 'list', '--json')).stdout)
  expect(listed).toHaveLength(DECODERS.length + 1)
  const dates = { clock: ACME.clock, stamp: ACME.stamp, stamps: [] }
  expect(listed[0]).toEqual({ name: 'acme-thermo', version: 2, meters: ACME.meters, dates, file: join(box.directory, 'types/acme.json') })
  expect(listed[1].file).toBeNull()
  const file = broken()
  expect(await cli('types', 'list')).toEqual({ status: 1, stdout: '', stderr: `${file}: ${PROBLEM}\n` })
})

describe('types check', () => {
  test('says which meters a type claims', async () => {
    const file = write({ ...ACME, meters: [...ACME.meters, { manufacturer: 'KAM', versions: [27, 48] }] })
    expect(await cli('types', 'check', file)).toEqual({
      status: 0,
      stdout: [
        `${file} is right: acme-thermo/2, 1 field`,
        '  claims ACM version 18 (hex 12), heat (4)',
        '  claims KAM version 27 (hex 1B), 48 (hex 30), every device type, in place of the built-in kamstrup-heat',
        '',
      ].join('\n'),
      stderr: '',
    })
  })

  test('says everything that is wrong, also beside the types that are there', async () => {
    const file = broken()
    expect(await cli('types', 'check', file)).toEqual({ status: 1, stdout: '', stderr: `${file}: ${PROBLEM}\n1 problem\n` })
    write(ACME)
    const other = write(ACME, 'new.json')
    expect((await cli('types', 'check', other)).stderr).toMatch(
      /is the name of .*acme\.json, too\n.*claims ACM version 18 .*\n2 problems\n$/,
    )
    expect(await cli('types', 'check', 'no-such.json')).toMatchObject({ status: 1, stderr: 'no-such.json: is not there\n1 problem\n' })
  })
})

describe('types new', () => {
  test('drafts a type that passes the check, and a fixture from nobody’s meter', async () => {
    const keyFile = box.write('key.txt', KEY)
    const drafted = await cli('types', 'new', SEALED, '--key', keyFile, '--fixture', box.directory)
    expect(drafted.status).toBe(0)
    expect(drafted.stdout).toContain('{ "name": "energy", "kind": "register", "pick": { "quantity": "energy" }, "obis": "1.0.0*255" }')
    const file = box.write('types/draft.json', drafted.stdout)
    expect(await cli('types', 'check', file)).toMatchObject({ status: 0 })
    const fixture = JSON.parse(readFileSync(join(box.directory, 'acm-12-04.json'), 'utf8'))
    expect(fixture).toMatchObject({
      telegram: hexOf(stripped({ ...METER, id: '12345678' }, noHeader(RECORDS))),
      crc: 'stripped',
      expect: {
        ok: true,
        observation: { decoder: 'acm-12-04/1', meter: 'ACM-12345678', fields: { energy: { value: '12345' }, vibFF61: { value: '42' } } },
      },
    })
  })

  test('does not draft from what it cannot read', async () => {
    expect(await cli('types', 'new', SEALED)).toMatchObject({ status: 1, stdout: '', stderr: expect.stringMatching(/key/) })
    expect(await cli('types', 'new', 'ACAC')).toMatchObject({ status: 1, stdout: '' })
    expect(await cli('types', 'new', 'no hex')).toMatchObject({ status: 2, stdout: '' })
    expect(existsSync(join(box.directory, 'acm-12-04.json'))).toBe(false)
  })
})
