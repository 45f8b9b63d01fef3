import { describe, expect, it } from 'vitest'
import { awaitedMeters } from '../../src/memory/awaited.ts'
import type { Outcome } from '../../src/outcome.ts'

const mast = { receiver: 'mast', rssi: -72, relayed: false }
const roof = { receiver: 'roof', rssi: -66, relayed: false }
const KAM = 'KAM-71000042'
const energy = { name: 'energy', kind: 'register', raw: 79_846n, exponent: -1, unit: 'MWh' }
const stored = { ...energy, kind: 'historic' }

const outcome = (ms: number, more: object): Outcome =>
  ({
    kind: 'fault',
    meter: KAM,
    reason: null,
    observation: null,
    datagram: { encryption: 'aes-cbc' },
    hearing: { by: [mast] },
    telegram: { heard: { monotonicMs: ms } },
    ...more,
  }) as unknown as Outcome

describe('a meter that somebody waits for', () => {
  it('is told step by step: heard, by whom, what its key does, the first observation', () => {
    const awaited = awaitedMeters()
    const ask = (ms: number) => awaited.ask('a', KAM, ms)
    awaited.outcome!(outcome(1, { reason: 'tpl.key-wrong' }))
    expect(ask(2)).toEqual({ meter: KAM, telegrams: 0, receivers: [], lastMs: null, key: null, reason: null, observation: null })
    awaited.outcome!(outcome(3, { meter: 'KAM-00000001' }))
    awaited.outcome!(outcome(4, { reason: 'tpl.key-missing' }))
    expect(ask(5)).toMatchObject({ telegrams: 1, key: 'is missing', lastMs: 4, receivers: [mast] })
    awaited.outcome!(outcome(6, { reason: 'ell.key-wrong' }))
    awaited.outcome!(outcome(7, { kind: 'duplicate', hearing: { by: [mast, roof] } }))
    expect(ask(8)).toMatchObject({ telegrams: 2, key: 'does not fit', reason: 'ell.key-wrong', receivers: [mast, roof] })
    awaited.outcome!(outcome(9, { kind: 'refused', reason: 'policy.unconfirmed' }))
    expect(ask(10)).toMatchObject({ telegrams: 3, key: 'fits so far', observation: null })
    awaited.outcome!(outcome(11, { kind: 'incomplete', reason: 'afl.fragment' }))
    expect(ask(12)).toMatchObject({ key: 'fits so far', reason: 'afl.fragment' })
    awaited.outcome!(outcome(13, { kind: 'observation', observation: { measurements: [energy, stored] } }))
    awaited.outcome!(outcome(14, { kind: 'observation', observation: { measurements: [] } }))
    expect(ask(15)).toMatchObject({ telegrams: 6, key: 'fits', reason: null })
    expect(ask(16).observation).toEqual({ atMs: 13, values: [{ name: 'energy', value: '7984.6', unit: 'MWh' }] })
  })

  it('needs no key where nothing is encrypted', () => {
    const awaited = awaitedMeters()
    awaited.ask('a', KAM, 0)
    const plain = { kind: 'observation', observation: { measurements: [energy] }, datagram: { encryption: 'none' } }
    awaited.outcome!(outcome(1, plain))
    expect(awaited.ask('a', KAM, 2).key).toBe('is not needed')
  })

  it('is forgotten a minute after the last question, or where too many are waited for', () => {
    const awaited = awaitedMeters()
    const telegrams = (wait: string, ms: number): number => awaited.ask(wait, KAM, ms).telegrams
    expect(telegrams('a', 0)).toBe(0)
    awaited.outcome!(outcome(1, {}))
    expect([telegrams('a', 60_000), telegrams('b', 60_000)]).toEqual([1, 0])
    expect(telegrams('a', 120_001)).toBe(0)
    awaited.outcome!(outcome(120_002, {}))
    for (let n = 0; n < 15; n++) telegrams(`w${n}`, 120_003)
    expect(telegrams('a', 120_004)).toBe(1)
    for (let n = 0; n < 16; n++) telegrams(`x${n}`, 120_005)
    expect(telegrams('a', 120_006)).toBe(0)
  })
})
