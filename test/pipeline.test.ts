import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { randomOf } from '../fuzz/random.ts'
import { mutant } from '../fuzz/telegrams.ts'
import { OUTCOMES } from '../src/outcome.ts'
import { NOON, type Rig, rig, WINDOW_MS } from './support/pipeline.ts'
import { afl } from './support/sessions.ts'
import {
  ellSession,
  frameA,
  frameB,
  hex,
  hexOf,
  integer,
  join,
  longHeader,
  noHeader,
  record,
  type Sender,
  shortHeader,
  stripped,
} from './support/telegrams.ts'

const KEY = hex('7B1F4C0E93A85D26F0E41B8837C9D562')
const OTHER_KEY = hex('00112233445566778899AABBCCDDEEFF')
const KEYED: Sender = { manufacturer: 'KAM', id: '60000403', version: 0x34, type: 0x04 }
const PLAIN: Sender = { manufacturer: 'VMY', id: '10000001', version: 1, type: 0x04 }
const STRANGER: Sender = { manufacturer: 'VMY', id: '99999999', version: 1, type: 0x04 }

const energy = (kWh: number): Uint8Array => record('0406', integer(kWh, 4))
const plain = (sender: Sender, kWh: number, o = {}): Uint8Array => stripped(sender, shortHeader(sender, energy(kWh), o))
const sealed = (kWh: number, key = KEY, o = {}): Uint8Array =>
  stripped(KEYED, ellSession(KEYED, noHeader(energy(kWh)), { key, session: kWh, ...o }))

let r: Rig
const start = (options: Parameters<typeof rig>[0] = {}): void => {
  r = rig(options)
  r.store.meters.put([{ meter: 'KAM-60000403', key: KEY }, { meter: 'VMY-10000001' }])
}
beforeEach(() => start())
afterEach(() => r.close())

const counted = (): [number, number] => {
  const { received, outcomes } = r.pipeline.state()
  return [received, OUTCOMES.reduce((sum, kind) => sum + outcomes[kind], 0)]
}

describe('one telegram ends as', () => {
  it('an observation, offered to the day', () => {
    expect(r.hear(frameB(sealed(79846)), 'B')).toMatchObject({
      kind: 'observation',
      meter: 'KAM-60000403',
      reason: null,
      observation: { meter: 'KAM-60000403', decoder: 'kamstrup-heat/1', encryption: 'ell-ctr', heard: { utcMs: NOON } },
    })
    expect(r.offered.map((o) => o.measurements[0]!.raw)).toEqual([79846])
  })

  it('a duplicate', () => {
    r.hear(sealed(1))
    expect(r.hear(sealed(1))).toMatchObject({ kind: 'duplicate', meter: 'KAM-60000403' })
  })

  it('an unlisted meter’s', () => {
    expect(r.hear(plain(STRANGER, 1))).toMatchObject({ kind: 'unlisted', meter: 'VMY-99999999', reason: null })
  })

  it.each([
    ['a link message', longHeader(PLAIN, hex(''), { ci: 0x80 })],
    ['a reading of nothing', noHeader(hex('2F2F'))],
    ['what the meter type does not know', noHeader(hex('0C78 78563412'))],
    ['a fragment', afl({ control: 0x25, fragment: 1, more: true, counter: 3 })],
  ])('incomplete: %s', (_, content) => {
    expect(r.hear(stripped(PLAIN, content))).toMatchObject({ kind: 'incomplete', meter: 'VMY-10000001', observation: null })
  })

  it('refused', () => {
    expect(r.hear(plain(KEYED, 1))).toMatchObject({ kind: 'refused', reason: 'policy.plain', meter: 'KAM-60000403' })
  })

  it.each([
    ['damaged', join(frameA(plain(PLAIN, 1)).subarray(0, -1), [0]), 'A', 'dll.crc', null],
    ['cut short', plain(PLAIN, 1).subarray(0, 15), 'stripped', 'frame.length', null],
    ['sealed with another key', sealed(1, OTHER_KEY), 'stripped', 'ell.key-wrong', 'KAM-60000403'],
    ['sealed for a meter without a key', plain(PLAIN, 1, { key: KEY }), 'stripped', 'tpl.key-missing', 'VMY-10000001'],
  ] as const)('a fault: %s', (_, bytes, crc, reason, meter) => {
    expect(r.hear(bytes, crc)).toMatchObject({ kind: 'fault', reason, meter, observation: null })
    expect(r.offered).toEqual([])
  })

  it('internal where a bug strikes: its bytes stand in the log, no key does, and the next telegram counts', () => {
    r.close()
    let broken = true
    const offered: unknown[] = []
    start({
      offer: (observation) => {
        if (broken) throw new Error('out of order')
        offered.push(observation)
      },
    })
    expect(r.hear(sealed(1))).toMatchObject({ kind: 'internal', meter: 'KAM-60000403' })
    expect(r.said.join()).toContain(hexOf(sealed(1)))
    expect(r.said.join()).not.toContain(hexOf(KEY))
    broken = false
    expect(r.hear(sealed(2)).kind).toBe('observation')
    expect(offered).toHaveLength(1)
    expect(counted()).toEqual([2, 2])
  })
})

describe('received = Σ outcomes', () => {
  it('over any mixture of valid and broken telegrams, with reasons for what was refused or faulty', () => {
    const random = randomOf(20261123)
    for (const name of ['KAM-60000302', 'DME-40000775', 'LUG-40000550', 'ELS-12345678']) r.store.meters.put([{ meter: name }])
    const valid = [
      () => sealed(random.below(50)),
      () => plain(PLAIN, random.below(50)),
      () => plain(KEYED, random.below(9)),
      () => plain(STRANGER, 1),
    ]
    for (let n = 0; n < 2000; n++) {
      const m = mutant(random)
      if (random.chance(0.5)) r.hear(random.pick(valid)())
      else r.hear(m.bytes, m.crc)
      r.clock.advance(random.below(2000))
    }
    const { received, outcomes, reasons } = r.pipeline.state()
    expect(counted()).toEqual([2000, received])
    expect(outcomes.internal, r.said.join('\n')).toBe(0)
    for (const kind of OUTCOMES) if (kind !== 'internal') expect(outcomes[kind], kind).toBeGreaterThan(0)
    const reasoned = Object.values(reasons).reduce((sum, times) => sum + times, 0)
    expect(reasoned).toBeGreaterThanOrEqual(outcomes.fault + outcomes.refused)
    expect(reasoned).toBeLessThanOrEqual(outcomes.fault + outcomes.refused + outcomes.incomplete)
  })

  it('and observers see each of them', () => {
    r.close()
    const seen: string[] = []
    start({ observers: [{}, { outcome: (o) => seen.push(o.kind) }] })
    for (const bytes of [sealed(1), sealed(1), plain(STRANGER, 1), plain(KEYED, 1), hex('00')]) r.hear(bytes)
    expect(seen).toEqual(['observation', 'duplicate', 'unlisted', 'refused', 'fault'])
  })

  it('an observer that breaks stops nothing', () => {
    r.close()
    const seen: string[] = []
    const broken = {
      outcome: () => {
        throw new Error('no space left on device')
      },
    }
    start({ observers: [broken, { outcome: (o) => seen.push(o.kind) }] })
    expect(r.hear(sealed(1)).kind).toBe('observation')
    expect([seen, counted()]).toEqual([['observation'], [1, 1]])
    expect(r.said.join()).toContain('no space left on device')
  })
})

describe('the same telegram again', () => {
  it('within the window is decoded once, and offered again with its own time', () => {
    r.hear(frameB(sealed(5)), 'B')
    r.clock.advance(WINDOW_MS)
    expect(r.hear(frameA(sealed(5)), 'A', { receiver: 'cellar' })).toMatchObject({ kind: 'duplicate', observation: null })
    expect(r.offered.map((o) => o.heard.utcMs)).toEqual([NOON, NOON + WINDOW_MS])
    const [first, second] = r.offered.map(({ heard: _, ...rest }) => rest)
    expect(second).toEqual(first)
  })

  it('heard by three receivers is decoded once, and all three strengths are kept', () => {
    const all = [-80, -65, null].map((rssi, n) => r.hear(sealed(5), 'stripped', { receiver: `r${n}`, rssi }))
    expect(all.map(({ kind }) => kind)).toEqual(['observation', 'duplicate', 'duplicate'])
    expect(all.at(-1)!.hearing!.by).toEqual([
      { receiver: 'r0', rssi: -80, relayed: false },
      { receiver: 'r1', rssi: -65, relayed: false },
      { receiver: 'r2', rssi: null, relayed: false },
    ])
    expect(new Set(all.map(({ hearing }) => hearing)).size).toBe(1)
  })

  it('after the window is a new hearing', () => {
    r.hear(plain(PLAIN, 5))
    r.clock.advance(WINDOW_MS + 1)
    expect(r.hear(plain(PLAIN, 5)).kind).toBe('observation')
  })

  it('sent on by a repeater is the same: C bit 7, hop and repeated access', () => {
    r.hear(sealed(5, KEY, { communicationControl: 0x20 }))
    const repeated = sealed(5, KEY, { communicationControl: 0x20 })
    repeated[1]! |= 0x80
    repeated[11]! |= 0x12
    expect(r.hear(repeated).kind).toBe('duplicate')
  })

  it('with any other bit is another', () => {
    r.hear(plain(PLAIN, 5))
    expect(r.hear(plain(PLAIN, 5, { accessNumber: 1 })).kind).toBe('observation')
    expect(r.hear(plain(PLAIN, 5, { status: 1 })).kind).toBe('observation')
  })

  it('of what came to nothing offers nothing', () => {
    for (const bytes of [plain(STRANGER, 1), plain(KEYED, 1), sealed(1, OTHER_KEY)]) {
      const { meter } = r.hear(bytes)
      expect(r.hear(bytes)).toMatchObject({ kind: 'duplicate', meter })
    }
    expect(r.offered).toEqual([])
  })
})

describe('a meter that is not registered', () => {
  it('is not decoded, not logged, and leaves its address and a count', () => {
    const outcomes = [1, 2].map((kWh) => r.hear(plain(STRANGER, kWh)))
    for (const { datagram, observation } of outcomes) expect([datagram!.records, observation]).toEqual([[], null])
    expect(r.unlisted.list(r.clock.monotonicMs())).toEqual([
      { meter: 'VMY-99999999', telegrams: 2, lastHeard: outcomes[1]!.telegram.heard },
    ])
    expect([r.offered, r.said]).toEqual([[], []])
  })

  it('leaves nothing where it is not to be listed', () => {
    r.close()
    start({ unlisted: null })
    expect(r.hear(plain(STRANGER, 1)).kind).toBe('unlisted')
    expect(JSON.stringify(r.pipeline.state())).not.toContain('99999999')
  })
})
