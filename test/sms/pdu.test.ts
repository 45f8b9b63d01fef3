import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { parse, Submit } from 'node-pdu'
import { describe, expect, it } from 'vitest'
import { numberOctets } from '../../src/sms/pdu/deliver.ts'
import { gsm7Septets, gsm7Text, packSeptets, unpackSeptets } from '../../src/sms/pdu/gsm7.ts'
import { decodePdu, isPdu, pduBytes, tpduLength } from '../../src/sms/pdu/pdu.ts'
import { textOf } from '../../src/sms/pdu/user-data.ts'

/** A PDU and what it says; `oracle`: what node-pdu makes of it instead. */
interface Fixture {
  readonly name?: string
  /** Where it was printed, or the clause it shows. */
  readonly source?: string
  readonly clause?: string
  readonly pdu: string
  readonly fault?: string
  readonly from?: string
  readonly at?: string | null
  readonly text?: string
  readonly data?: string
  readonly part?: object
  readonly oracle?: string
}

/** A message to be sent, and what it says. */
interface Sent {
  readonly source: string
  readonly pdu: string
  readonly to: string
  readonly text?: string
  readonly data?: string
}

/** How many there are of each kind of source. */
interface Printed {
  readonly kinds: Readonly<Record<string, number>>
  readonly received: readonly Fixture[]
  readonly sent: readonly Sent[]
}

const read = <T>(name: string): T => JSON.parse(readFileSync(`test/fixtures/sms/${name}.json`, 'utf8'))
const fixtures = (name: string): Fixture[] => read(name)
/** In manuals, articles and documentation; `found`: in public code; `constructed`: by the clause that each shows. */
const { kinds, received: printed, sent } = read<Printed>('printed')
const all = [...printed, ...fixtures('found'), ...fixtures('constructed')].map((fixture): [string, Fixture] => [
  fixture.name ?? fixture.source!,
  fixture,
])

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex').toUpperCase()

/** What this program makes of it. */
const ours = (pdu: string) => {
  const decoded = decodePdu(pdu)
  if (!isPdu(decoded)) return decoded
  const { from, at, alphabet, content, part } = decoded
  const text = textOf(alphabet, content)
  return { from, at, ...(text === null ? { data: hex(content) } : { text }), ...(part && { part }) }
}

/** What node-pdu makes of it: the sender without `+`, and no way to tell data from text. */
const theirs = (pdu: string) => {
  try {
    const { type, address, data, serviceCenterTimeStamp } = parse(pdu) as ReturnType<typeof parse> & {
      readonly data: { getText(): string }
      readonly serviceCenterTimeStamp: { getIsoString(): string }
    }
    if (type.messageTypeIndicator !== 0) return null
    return { from: address.phone, at: serviceCenterTimeStamp.getIsoString(), text: data.getText() }
  } catch {
    return null
  }
}

describe('a PDU', () => {
  it('is shown by enough examples', () => {
    const distinct = (some: readonly Fixture[]): number => new Set(some.map(({ pdu }) => pdu)).size
    expect(distinct(printed)).toBeGreaterThanOrEqual(20)
    expect(distinct(all.map(([, fixture]) => fixture))).toBeGreaterThanOrEqual(60)
  })

  it('is printed where its fixture says, so many times of each kind', () => {
    const found: Record<string, number> = {}
    for (const { source } of [...printed, ...sent]) {
      const kind = source!.split(':')[0]!
      found[kind] = (found[kind] ?? 0) + 1
    }
    expect(found).toEqual(kinds)
    expect(Object.keys(kinds).sort()).toEqual(['article', 'documentation', 'lecture notes', 'tutorial', 'vendor manual'])
  })

  it.each(sent.map((one): [string, Sent] => [one.source, one]))('to be sent is no reading, and is what we would send: %s', (_, one) => {
    const { pdu, to, text, data } = one
    expect(decodePdu(pdu)).toEqual({ fault: 'pdu.kind' })
    const theirs = parse(pdu) as Submit
    expect([theirs, theirs.address.phone]).toEqual([expect.any(Submit), to.replace('+', '')])
    const septets = text === undefined ? null : gsm7Septets(text)!
    const octets = septets === null ? data! : hex(packSeptets(septets))
    expect(pdu).toContain(hex(numberOctets(to)!))
    expect(pdu.slice(-octets.length - 2)).toBe(hex(Uint8Array.of(septets?.length ?? octets.length / 2)) + octets)
    expect(one.source).toMatch(new RegExp(`\\b${tpduLength(pduBytes(pdu)!)}$`))
  })

  it.each(all)('says what the standard says: %s', (_, { name, source, clause, pdu, oracle, ...expected }) => {
    expect(ours(pdu)).toEqual(expected)
  })

  it.each(all)('is the same to node-pdu, or the fixture says why not: %s', (_, { pdu, fault, from, at, text, oracle }) => {
    const expected = fault === undefined ? { from: from!.replace('+', ''), at, text } : null
    if (oracle === undefined) expect(theirs(pdu)).toEqual(expected)
    else expect(theirs(pdu)).not.toEqual(expected)
  })

  it('of any octets ends in a message or a fault', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const decoded = decodePdu(hex(bytes))
        if (isPdu(decoded)) textOf(decoded.alphabet, decoded.content)
      }),
      { numRuns: 5000 },
    )
  })

  it('cut anywhere is a fault', () => {
    const { pdu } = printed[0]!
    for (let length = 2; length < pdu.length; length += 2) expect(decodePdu(pdu.slice(0, length))).toHaveProperty('fault')
  })

  it('has the length that a modem announces', () => {
    expect(tpduLength(pduBytes('0891683110903305F0200D91683148625389F300006180305152502305E8329BFD06')!)).toBe(25)
  })
})

describe('septets', () => {
  it('come back from any number of octets, behind any fill bits', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 127 }), { maxLength: 170 }), fc.integer({ min: 0, max: 6 }), (codes, fill) => {
        const septets = Uint8Array.from(codes)
        expect(unpackSeptets(packSeptets(septets, fill), septets.length, fill)).toEqual(septets)
      }),
    )
  })

  it('are the packing of the standard: "hellohello"', () => {
    expect(hex(packSeptets(gsm7Septets('hellohello')!))).toBe('E8329BFD4697D9EC37')
  })

  it('give the text back', () => {
    const text = 'Måler 5300279: 12 m3, 3 € {a|b} [~]'
    expect(gsm7Text(gsm7Septets(text)!)).toBe(text)
    expect(gsm7Septets('m³')).toBeNull()
  })
})
