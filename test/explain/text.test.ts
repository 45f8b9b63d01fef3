/** What people see, kept as text files: the diff is the review. `npx vitest run test/explain -u` writes them again. */
import { describe, expect, it } from 'vitest'
import { explainedText } from '../../src/cli/decode/explain-text.ts'
import { explain } from '../../src/explain/explain.ts'
import { aesKey } from '../../src/wmbus/security.ts'
import { loadFixtures } from '../support/fixtures.ts'
import { bcd, ellSession, frameB, hex, join, noHeader, record, stripped } from '../support/telegrams.ts'

const METER = { manufacturer: 'KAM', id: '60000001', version: 0x1b, type: 0x04 }
const KEY = hex('000102030405060708090A0B0C0D0E0F')
const SESSION = frameB(
  stripped(
    METER,
    ellSession(METER, noHeader(join(record('0C06', bcd(1234567, 4)), record('4B13', bcd(-21, 3)), record('0A5A', hex('BADC')))), {
      key: KEY,
      communicationControl: 0xb2,
      accessNumber: 9,
      session: 0x1234567,
    }),
  ),
)

const ofFixture = (name: string, hasColours = false): string => {
  const { telegram, crc, key } = loadFixtures().get(`${name}.json`)!
  return explainedText(explain(hex(telegram), crc ?? 'unknown', key === undefined ? null : aesKey(hex(key))), hasColours)
}

describe('an explanation in text', () => {
  it.each([
    'spec/oms-n-2-1-gas-mode5',
    'spec/oms-n-2-1-key-wrong',
    'spec/tr17167-f-3-profile-b',
    'devices/kamstrup-multical-302-compact',
    'spec/en13757-4-frame-a-crc-wrong',
  ])('%s', async (name) => {
    await expect(`${ofFixture(name)}\n`).toMatchFileSnapshot(`snapshots/${name.split('/')[1]}.txt`)
  })

  it('an extended link layer II of frame format B', async () => {
    await expect(`${explainedText(explain(SESSION, 'B', aesKey(KEY)), false)}\n`).toMatchFileSnapshot('snapshots/ell-ii.txt')
  })

  it('is the same text with colours', () => {
    const coloured = ofFixture('spec/tr17167-f-3-profile-b', true)
    expect(coloured).toContain('\u001b[33m7A\u001b[0m')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours are control characters
    expect(coloured.replaceAll(/\u001b\[[\d;]*m/g, '')).toBe(ofFixture('spec/tr17167-f-3-profile-b'))
  })
})
