import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { messageJson } from '../../src/sms/message.ts'
import { joinParts } from '../../src/sms/parts.ts'
import { decodePdu, isPdu, type Pdu } from '../../src/sms/pdu/pdu.ts'
import { deliver } from './deliver.ts'

const pduOf = (hex: string): Pdu => {
  const decoded = decodePdu(hex)
  if (!isPdu(decoded)) throw new Error(decoded.fault)
  return decoded
}
const LIMITS = { lifetimeMs: 1000, most: 3 }
const FROM = '+4520123456'
const LONG = 'Meter No.: 5300279, T1: 93.15 C€ '.repeat(12)

/** All that comes of PDUs in this order, as texts. */
const texts = (pdus: readonly string[]): string[] => {
  const parts = joinParts<number>(LIMITS)
  return pdus.flatMap((pdu, i) => parts.add(pduOf(pdu), i, 0)).flatMap(({ message }) => (message ? [messageJson(message).text!] : []))
}

describe('parts of a message', () => {
  it('make it whole in any order and however often they come', () => {
    const pdus = deliver({ from: FROM, body: LONG })
    expect(pdus).toHaveLength(3)
    const order = fc.shuffledSubarray(
      [0, 1, 2, 0, 1, 2].map((part, i) => ({ part, i })),
      { minLength: 6, maxLength: 6 },
    )
    fc.assert(
      fc.property(order, (sent) => {
        const parts = joinParts<number>(LIMITS)
        const done = sent.flatMap(({ part, i }) => parts.add(pduOf(pdus[part]!), i, 0))
        expect(messageJson(done[0]!.message!)).toEqual({ from: FROM, at: '2026-11-24T06:15:30+01:00', text: LONG, parts: 3 })
      }),
    )
  })

  it('are not mixed with those of another sender or another message', () => {
    const [a, b] = [deliver({ from: FROM, body: `A${LONG}` }, 7), deliver({ from: '+4520123457', body: `B${LONG}` }, 7)]
    const c = deliver({ from: FROM, body: `C${LONG}` }, 8)
    expect(texts([a[0]!, b[0]!, c[0]!, c[1]!, b[1]!, a[1]!, a[2]!, b[2]!, c[2]!])).toEqual([`A${LONG}`, `B${LONG}`, `C${LONG}`])
  })

  it('are joined before they are read: a character may be cut between them', () => {
    const euros = '€'.repeat(100)
    const cut = deliver({ from: FROM, body: euros }, 1, 151)
    expect(texts(cut)).toEqual([euros])
  })

  it('of a reference used again do not make a message of two', () => {
    const [first, second] = [deliver({ from: FROM, body: `A${LONG}` }, 7), deliver({ from: FROM, body: `B${LONG}` }, 7)]
    const parts = joinParts<string>(LIMITS)
    expect(parts.add(pduOf(first[0]!), 'old', 0)).toEqual([])
    expect(parts.add(pduOf(second[0]!), 'new', 0)).toEqual([{ tags: ['old'], message: null, lost: 'sms.parts-displaced' }])
    parts.add(pduOf(second[1]!), 'new', 0)
    expect(parts.add(pduOf(second[2]!), 'new', 0)[0]!.tags).toEqual(['new', 'new', 'new'])
  })

  it('that stay alone are given up in time', () => {
    const parts = joinParts<string>(LIMITS)
    parts.add(pduOf(deliver({ from: FROM, body: LONG })[1]!), 'one', 0)
    expect(parts.expire(999)).toEqual([])
    expect(parts.expire(1000)).toEqual([{ tags: ['one'], message: null, lost: 'sms.parts-late' }])
    expect(parts.waiting()).toBe(0)
  })

  it('of too many messages push out the oldest', () => {
    const parts = joinParts<number>(LIMITS)
    const first = (reference: number): Pdu => pduOf(deliver({ from: FROM, body: LONG }, reference)[0]!)
    for (const reference of [1, 2, 3]) expect(parts.add(first(reference), reference, 0)).toEqual([])
    expect(parts.add(first(4), 4, 0)).toEqual([{ tags: [1], message: null, lost: 'sms.parts-full' }])
    expect(parts.waiting()).toBe(3)
  })

  it('are told apart by the width of the reference', () => {
    const fixtures: { name: string; pdu: string }[] = JSON.parse(readFileSync('test/fixtures/sms/constructed.json', 'utf8'))
    const pdus = fixtures.filter(({ name }) => name.startsWith('part ')).map(({ pdu }) => pduOf(pdu))
    const parts = joinParts<number>({ lifetimeMs: 1, most: 100 })
    for (const [i, pdu] of pdus.entries()) if (pdu.part) expect(parts.add(pdu, i, 0)).toEqual([])
    expect(parts.waiting()).toBeGreaterThan(2)
  })
})
