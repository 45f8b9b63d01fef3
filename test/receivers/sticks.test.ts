import { afterEach, describe, expect, it } from 'vitest'
import { STICKS, type StickName } from '../../src/receivers/sticks/sticks.ts'
import type { LinkMode } from '../../src/wmbus/telegram.ts'
import { KINDS } from './emulators/kinds.ts'
import { type Wired, wire } from './emulators/wired.ts'

const line = (text: string): string => Buffer.from(`${text}\n`).toString('hex')

/** As they leave the factory: what they are asked where no link mode is named, and modes that none of them hears at once. */
const SPOKEN_TO: Readonly<Partial<Record<StickName, { asked: readonly string[]; cannot: readonly LinkMode[]; can: string }>>> = {
  im871a: {
    asked: ['a5010f00', 'a5010500', 'a501030600020a300100'],
    cannot: ['c1', 's1'],
    can: '[t1] [c1, t1] [c1] [s1] [s1m] [s2] [t2] [r2] [c2]',
  },
  im170a: { asked: ['a5010f00', 'a5010500', 'a501030600020a300100'], cannot: ['t1'], can: '[n1] [n2]' },
  iu891a: {
    // One by one: every C0 ends something, even if it is nothing.
    asked: [...Array(30).fill('c0'), 'c001030424c0', 'c00901d6c9c0', 'c00903030600000032000000000027b9c0'],
    cannot: ['s1', 't1'],
    can: '[t1] [c1] [c1, t1] [s1]',
  },
  amb8465: {
    asked: ['ff0a02008077', 'ff0b00f4', 'ff0903050101f0', 'ff0903450101b0', 'ff0500fa', 'ff040109f3'],
    cannot: ['s1', 't1'],
    can: '[t1, t2] [c1, c2] [c1, c2, t1, t2] [s1, s2] [r2]',
  },
  amb3665: {
    asked: ['ff0a02008077', 'ff0b00f4', 'ff0903050101f0', 'ff0903450101b0', 'ff0500fa', 'ff040102f8'],
    cannot: ['t1'],
    can: '[n1, n2]',
  },
  cul: { asked: ['V', 'brc', 'X21'].map(line), cannot: ['s1', 't1'], can: '[t1] [c1, t1] [s1]' },
  rc1180: {
    asked: ['00', '30', '470a', '58'],
    cannot: ['s1', 't1'],
    can: '[t1] [c1] [c1, t1] [s1] [s2] [t2] [c2] [r2]',
  },
  ebi: {
    asked: ['00040105', '00040509', '0005100f24', '000511192f', '000613000019', '0006248000aa', '00043135'],
    cannot: ['c1', 't1'],
    can: '[t1] [c1] [s1]',
  },
}
const TOLD = KINDS.flatMap((kind) => {
  const told = SPOKEN_TO[kind.use]
  return told ? [{ ...kind, ...told }] : []
})

it('every stick that is spoken to is in the table', () => {
  const spokenTo = Object.entries(STICKS).filter(([, stick]) => stick.spokenTo)
  expect(TOLD.map(({ use }) => use)).toEqual(spokenTo.map(([use]) => use))
})

describe.each(TOLD)('$use on a pseudo terminal', ({ use, emulate, asked, cannot, can }) => {
  let wired: Wired
  afterEach(() => wired.close())

  it('is set up byte for byte as it is documented, and hears nothing until something is sent', async () => {
    wired = await wire(use, emulate())
    const nothing = { telegrams: 0, skipped: 0, badChecksums: 0, lastTelegramMs: null }
    expect(wired.receiver.health()).toMatchObject({ state: 'receiving', trouble: null, ...nothing })
    expect([wired.journal, wired.heard()]).toEqual([asked, []])
  })

  it('does not count as receiving while it says nothing', async () => {
    wired = await wire(use, emulate(), { hung: true })
    const { state, trouble } = wired.receiver.health()
    expect([state, trouble]).toEqual([
      expect.stringMatching(/opening|waiting/),
      expect.stringMatching(/no answer.*unplug it and plug it in again/),
    ])
  })

  it('says what it cannot do, and what it can', async () => {
    wired = await wire(use, emulate(), { modes: cannot })
    expect(wired.receiver.health().trouble).toContain(`cannot hear [${cannot.join(', ')}] at once: set modes to one of ${can}`)
  })
})
