import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { isKem, openKem } from '../../src/key-files/kem.ts'
import { kem, kem2, PASSWORD, sealed, zip } from './kem-files.ts'

const KEY = randomBytes(16).toString('hex').toUpperCase()
const OTHER = randomBytes(16).toString('hex').toUpperCase()
const METERS = [
  { serial: '57722719', key: KEY },
  { serial: '7134347', key: OTHER },
]
const ROWS = METERS.map(({ serial, key }, n) => ({
  at: `meter ${n + 1}`,
  meter: serial,
  manufacturer: 'KAM',
  key,
  label: '',
  installation: '',
}))
const NAME = `${'0a'.repeat(16)}.kem`
const XSD = { name: 'meter_information_file.xsd', content: '<schema/>' }

const read = (content: string | Uint8Array, password = PASSWORD) => {
  const file = openKem(Buffer.from(content))
  return 'problem' in file ? file : file.rows(password)
}
const problemOf = (content: string | Uint8Array, password?: string): string => {
  const result = read(content, password)
  return 'problem' in result ? result.problem : 'none'
}

describe('a file that opens', () => {
  test.each([
    ['the bare XML', sealed(kem(METERS))],
    ['with a mark of UTF-8 outside', `\ufeff${sealed(kem(METERS))}`],
    ['with a mark of UTF-8 inside', sealed(`\ufeff${kem(METERS)}`)],
    ['in a ZIP', zip({ name: NAME, content: sealed(kem(METERS)) }, XSD)],
    ['stored in a ZIP', zip(XSD, { name: NAME, content: sealed(kem(METERS)), stored: true })],
    ['one meter a file', zip(...METERS.map((meter, n) => ({ name: `${n}.kem`, content: sealed(kem([meter])) })))],
    ['not sealed', kem(METERS)],
  ])('%s', (_, content) => {
    expect(isKem(Buffer.from(content))).toBe(true)
    expect(read(content)).toEqual(ROWS)
  })

  test.each(Array.from({ length: 16 }, (_, n) => n))('whatever the padding: %i bytes more', (more) => {
    expect(read(sealed(`${kem(METERS)}<!--${'x'.repeat(more)}-->`))).toEqual(ROWS)
  })

  test.each(['1', 'x'.repeat(16), 'æøå'])('with the password %j', (password) => {
    expect(read(sealed(kem(METERS), password), password)).toEqual(ROWS)
  })

  test('KEM2: of several keys the one named DEK; the customer’s number of the device', () => {
    const content = zip({ name: 'a.kem2', content: sealed(kem2(METERS.map((meter) => ({ ...meter, place: '0815-01' })))) })
    expect(read(content)).toEqual(ROWS.map((row) => ({ ...row, installation: '0815-01' })))
  })

  test('a meter without a key', () => {
    expect(read(kem([{ serial: '1', key: '' }]))).toMatchObject([{ meter: '1', key: '' }])
  })

  test('only what is sealed needs a password', () => {
    expect(openKem(Buffer.from(sealed(kem(METERS))))).toMatchObject({ sealed: true })
    expect(openKem(Buffer.from(kem(METERS)))).toMatchObject({ sealed: false })
  })
})

const damaged = (): Buffer => {
  const file = zip({ name: NAME, content: sealed(kem(METERS)), stored: true })
  file[400]! ^= 1
  return file
}

describe('a file that does not', () => {
  test.each([
    ['another password', sealed(kem(METERS)), 'another', 'does not open with this password'],
    ['a password too long', sealed(kem(METERS)), 'x'.repeat(17), '1 to 16 bytes'],
    ['a password too long in UTF-8', sealed(kem(METERS)), 'ø'.repeat(9), '1 to 16 bytes'],
    ['no password', sealed(kem(METERS)), '', '1 to 16 bytes'],
    ['half a block', sealed(kem(METERS)).replace(/....(?=<\/CipherValue)/, ''), PASSWORD, 'cut short'],
    ['nothing sealed', sealed(kem(METERS)).replace(/<CipherValue>[^<]*/, '<CipherValue>'), PASSWORD, 'cut short'],
    ['a DTD outside', `<!DOCTYPE x [<!ENTITY a "b">]>${sealed(kem(METERS))}`, PASSWORD, 'DTD'],
    ['a DTD inside', sealed(kem(METERS).replace('?>', '?><!DOCTYPE x>')), PASSWORD, 'DTD'],
    ['half an XML', kem(METERS).slice(0, -20), PASSWORD, 'not whole XML'],
    ['deep nesting', `<a>${'<a>'.repeat(50_000)}${'</a>'.repeat(50_000)}</a>`, PASSWORD, 'not whole XML'],
    ['another XML', '<problem>x</problem>', PASSWORD, 'no key file as known here'],
    ['two keys of one meter', kem([{ serial: '1', key: `${KEY}</DEK><DEK>${OTHER}` }]), PASSWORD, 'more than one DEK for meter 1'],
    ['a spreadsheet', zip({ name: 'xl/workbook.xml', content: '<x/>' }), PASSWORD, 'a ZIP without a .kem'],
    ['a damaged ZIP', damaged(), PASSWORD, 'damaged ZIP'],
    ['a cut ZIP', zip({ name: NAME, content: sealed(kem(METERS)) }).subarray(0, -1), PASSWORD, 'damaged ZIP'],
    ['a wrong length', zip({ name: NAME, content: 'x', length: 2 }), PASSWORD, 'damaged ZIP'],
    ['a bomb', zip({ name: NAME, content: Buffer.alloc(64 * 1024 * 1024 + 1) }), PASSWORD, 'damaged ZIP'],
    ['many entries', zip(...Array.from({ length: 65 }, (_, n) => ({ name: `${n}.kem`, content: 'x' }))), PASSWORD, 'damaged ZIP'],
  ])('%s', (_, content, password, problem) => {
    expect(problemOf(content, password)).toContain(problem)
    expect(problemOf(content, password)).not.toContain(KEY)
  })

  test('a file cut anywhere never throws', () => {
    const file = zip({ name: NAME, content: sealed(kem(METERS)) })
    for (let length = 0; length < file.length; length++) expect(problemOf(file.subarray(0, length))).not.toBe('none')
  })
})
